// SPDX-License-Identifier: Apache-2.0
import { runQuery } from '../../api/query.ts';
import { shortName } from '../../lib/families.ts';
import { isRecord, ok, type Result } from '../../lib/result.ts';
import type { Catalog } from '../../state/catalog.ts';
import { words } from '../../state/language.ts';
import { useResource } from '../../state/resource.ts';
import { hrefTo } from '../../state/route.ts';
import { Icon } from '../../ui/icon.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';

interface User {
  id: string;
  as?: string;
}

/** Every model that could not be without this one. */
export function usersOf(id: string, { families }: Catalog): User[] {
  const family = families.get(id);
  return [...(family?.heirs ?? []).map((heir) => ({ id: heir })), ...(family?.partOf ?? []).map(({ model, name }) => ({ id: model, as: name }))];
}

export const twinsQuery = (id: string) => `SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '${id}')`;

export async function countTwins(id: string, stop: AbortSignal): Promise<Result<number>> {
  const answer = await runQuery(twinsQuery(id).replace('*', 'COUNT()'), null, 1, stop);
  if (!answer.ok) return answer;
  const row = answer.value.value[0];
  return ok(isRecord(row) ? Number(Object.values(row)[0] ?? 0) : 0);
}

export function UsedBy({ id, catalog }: { id: string; catalog: Catalog }) {
  const w = words.value;
  const family = catalog.families.get(id)!;
  return (
    <div class="users">
      <Twins id={id} />
      <Users title={w.heirs} none={w.noHeirs} rows={family.heirs.map((heir) => ({ id: heir }))} />
      <Users title={w.partOfTitle} none={w.noPartOf} rows={family.partOf.map(({ model, name }) => ({ id: model, as: name }))} />
      <Users title={w.targetOfTitle} none={w.noTargetOf} rows={family.targetOf.map(({ model, name }) => ({ id: model, as: name }))} />
    </div>
  );
}

/** How many twins, its heirs' included, and the way to see them. */
function Twins({ id }: { id: string }) {
  const w = words.value;
  const { state, reload } = useResource(`count ${id}`, (stop) => countTwins(id, stop));
  const { data, problem, loading } = state.value;
  return (
    <Panel title={w.twinsOf}>
      <div class="panel-body">
        {data === undefined ? (problem && !loading ? <Failed problem={problem} retry={reload} /> : <Loading rows={1} />) : (
          <p class="users-twins">
            <span>{w.twinsWithHeirs(data)}</span>
            <a class="link" href={hrefTo('query', '', { q: twinsQuery(id) })}>{w.showTwins}</a>
          </p>
        )}
      </div>
    </Panel>
  );
}

const Users = ({ title, none, rows }: { title: string; none: string; rows: readonly User[] }) => (
  <Panel title={title} aside={String(rows.length)}>
    {rows.length === 0 ? <Empty text={none} /> : (
      <ul class="rows">
        {rows.map((row) => (
          <li key={`${row.id} ${row.as ?? ''}`}>
            <a class="row" href={hrefTo('models', row.id)}>
              <Icon name="model" size={14} /><span>{shortName(row.id)}</span><span class="faint small mono wrap grow">{row.id}</span>
              {row.as && <span class="faint small">{words.value.asName(row.as)}</span>}
            </a>
          </li>
        ))}
      </ul>
    )}
  </Panel>
);
