// SPDX-License-Identifier: Apache-2.0
import { instant } from '../../lib/time.ts';
import type { Twin } from '../../lib/twin.ts';
import { clockText, instantText, words } from '../../state/language.ts';
import { fieldName } from '../../state/models.ts';
import { AgeOf } from '../../ui/mark.tsx';
import { unitOf, valueText } from './value.ts';

/** The same values as a table: everything that is known about each of them. */
export function ValueTable({ twin, names }: { twin: Twin; names: readonly string[] }) {
  const w = words.value;
  return (
    <div class="panel table-box" role="group" aria-label={w.values} tabIndex={0}>
      <table class="table">
        <thead>
          <tr>
            <th>{w.name}</th><th class="num">{w.value}</th><th>{w.unit}</th><th>{w.ageHead}</th><th>{w.qualityHead}</th>
            <th>{w.sourceTime}</th><th>{w.arrivalTime}</th><th>{w.kind}</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const value = twin.values[name]!;
            return (
              <tr key={name}>
                <td title={name}>{fieldName(twin.model, name)}</td>
                <td class="num strong-ish">{valueText(twin, name, value.value)}</td>
                <td class="faint">{unitOf(twin, name)}</td>
                <td><AgeOf value={value} /></td>
                <td class="dim">{w.quality(value.quality)}</td>
                <td class="dim"><Clock time={value.sourceTime} /></td>
                <td class="dim"><Clock time={value.arrivalTime} /></td>
                <td class="faint">{value.kind === 'property' ? w.property : w.telemetry}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Clock({ time }: { time: string | null }) {
  const at = instant(time);
  return at === undefined ? <>—</> : <time title={instantText(at)}>{clockText(at)}</time>;
}
