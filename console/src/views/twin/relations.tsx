// SPDX-License-Identifier: Apache-2.0
import { incoming, outgoing, type Relation } from '../../api/graph.ts';
import { ok, type Result } from '../../lib/result.ts';
import { said, words } from '../../state/language.ts';
import { fieldOf } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { useResource } from '../../state/resource.ts';
import { hrefTo } from '../../state/route.ts';
import { twinNow, useTwins } from '../../state/twins.ts';
import { Icon } from '../../ui/icon.tsx';
import { TwinMark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';

const SHOWN_MAX = 24;

interface Both {
  into: Relation[];
  from: Relation[];
}

async function read(id: string, signal: AbortSignal): Promise<Result<Both>> {
  const [into, from] = await Promise.all([incoming(id, signal), outgoing(id, signal)]);
  return !into.ok ? into : !from.ok ? from : ok({ into: into.value, from: from.value });
}

/** What the twin is joined to, in both directions, each end one click away. */
export function Relations({ id }: { id: string }) {
  const w = words.value;
  const { state, reload } = useResource(`relations ${id}`, (signal) => read(id, signal));
  const { data, problem, loading } = state.value;
  const rows = data ? [...data.into.map((r) => ({ ...r, inward: true })), ...data.from.map((r) => ({ ...r, inward: false }))] : [];
  useTwins(rows.slice(0, SHOWN_MAX).map((r) => r.other));
  return (
    <Panel title={w.relations} aside={data ? String(rows.length) : ''}>
      {!data ? (problem && !loading ? <Failed problem={problem} retry={reload} /> : <div class="panel-body"><Loading rows={3} /></div>)
        : rows.length === 0 ? <Empty text={w.noRelations} />
        : (
          <ul class="rows">
            {rows.slice(0, SHOWN_MAX).map((r) => (
              <li key={`${r.inward} ${r.name} ${r.other}`}>
                <a class="row" href={hrefTo('twin', r.other)}>
                  <span class={r.inward ? 'turned faint' : 'faint'}><Icon name="next" size={12} /></span>
                  <span class="grow clip">{nameOf(r.other)} <TwinMark id={r.other} /></span>
                  <span class="faint small">{w.list([r.inward ? w.incoming : w.outgoing, relationName(r.inward ? r.other : id, r.name)])}</span>
                </a>
              </li>
            ))}
          </ul>
        )}
    </Panel>
  );
}

/** The name that the source's model gives the relationship. */
const relationName = (source: string, name: string): string => said(fieldOf(twinNow(source)?.model, name)?.label) ?? name;
