// SPDX-License-Identifier: Apache-2.0
import { type Binding, listBindings } from '../../api/bindings.ts';
import { isRecord } from '../../lib/result.ts';
import { number, words } from '../../state/language.ts';
import { useEvery, useResource } from '../../state/resource.ts';
import { go, hrefTo, NEW } from '../../state/route.ts';
import { mayWrite } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { Ago } from '../../ui/mark.tsx';
import { CommandLine, Empty, Listed } from '../../ui/states.tsx';
import { Places } from '../devices/places.tsx';

const EVERY_MS = 5000;

/** Every binding: where its messages come from, and what it did with them. */
export function BindingList() {
  const w = words.value;
  const bindings = useResource('bindings', listBindings);
  useEvery(EVERY_MS, bindings.reload);
  const count = bindings.state.value.data?.length ?? 0;
  return (
    <div class="page">
      <div class="page-head">
        <h1 class="page-title">{w.bindings}</h1>
        <p class="dim grow">{count > 0 ? w.bindingCount(count) : w.bindingsLead}</p>
        <Button kind="primary" icon="plus" label={w.newBinding} disabled={!mayWrite.value} title={mayWrite.value ? w.bindingsLead : w.readerOnly} onClick={() => go(hrefTo('bindings', NEW))} />
      </div>
      <Places />
      <Listed of={bindings} loading={6} empty={<Empty text={w.noBindings}><CommandLine text="pollux binding suggest recorded.ndjson" /></Empty>}>{(rows) => <Table rows={rows} />}</Listed>
    </div>
  );
}

function Table({ rows }: { rows: readonly Binding[] }) {
  const w = words.value;
  return (
    <div class="panel table-box" role="region" aria-label={w.bindings} tabIndex={0}>
      <table class="table bindings stacks">
        <thead><tr><th>{w.name}</th><th>{w.sourceHead}</th><th class="num">{w.takenHead}</th><th class="num">{w.valuesHead}</th><th class="num">{w.missedHead}</th><th>{w.deviceState}</th><th class="num">{w.updated}</th></tr></thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id} class={one.enabled === false ? 'faint' : ''}>
              <td><a class="row-link" href={hrefTo('bindings', one.id)}>{one.id}</a></td>
              <td class="mono dim wrap">{sourceOf(one, w.byHttp)}</td>
              <td class="num" data-label={w.takenHead}>{number(one.figures?.messages ?? 0, 0)}</td>
              <td class="num">{number(one.figures?.values ?? 0, 0)}</td>
              <td class="num" data-label={w.missedHead}>{(one.figures?.missed ?? 0) > 0 ? <a class="link strong-ish" href={hrefTo('rejects', '', { binding: one.id })}>{number(one.figures!.missed, 0)}</a> : number(0, 0)}</td>
              <td class="dim">{one.enabled === false ? w.off : w.on}</td>
              <td class="num faint"><Ago time={one.updated} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sourceOf({ binding }: Binding, http: string): string {
  const source = binding?.['source'];
  if (!isRecord(source)) return '';
  const connection = typeof source['connection'] === 'string' ? `${source['connection']}: ${typeof source['topic'] === 'string' ? source['topic'] : '#'}` : '';
  return [typeof source['mqtt'] === 'string' ? source['mqtt'] : '', connection, source['http'] === true ? http : ''].filter(Boolean).join(', ');
}
