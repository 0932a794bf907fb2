// SPDX-License-Identifier: Apache-2.0
import type { TwinRow } from '../../api/twins.ts';
import { words } from '../../state/language.ts';
import { modelName } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { hrefTo } from '../../state/route.ts';
import { Ago, TwinMark } from '../../ui/mark.tsx';

/** Twins as rows; the whole id is always there. */
export function TwinTable({ rows }: { rows: readonly TwinRow[] }) {
  const w = words.value;
  return (
    <div class="panel table-box">
      <table class="table">
        <thead><tr><th>{w.name}</th><th>{w.model}</th><th class="num">{w.updated}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td><a href={hrefTo('twin', row.id)} class="row-link">{nameOf(row.id)}</a> {nameOf(row.id) !== row.id && <span class="faint small mono">{row.id}</span>} <TwinMark id={row.id} /></td>
              <td class="dim">{modelName(row.model)}</td>
              <td class="num faint"><Ago time={row.updated} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
