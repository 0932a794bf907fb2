// SPDX-License-Identifier: Apache-2.0
import type { Twin } from '../../lib/twin.ts';
import { words } from '../../state/language.ts';
import { fieldName, interfaceOf } from '../../state/models.ts';
import { Panel } from '../../ui/panel.tsx';
import { unitOf, valueText } from './value.ts';

/** What is wanted beside what is, for all that may be written. A difference is set in weight. */
export function Desired({ twin }: { twin: Twin }) {
  const w = words.value;
  const writable = [...(interfaceOf(twin.model)?.fields.values() ?? [])].filter((f) => f.kind === 'Property' && f.writable).map((f) => f.name);
  const names = [...new Set([...writable, ...Object.keys(twin.desired)])];
  if (names.length === 0) return null;
  const differs = (name: string) => twin.desired[name] !== undefined && JSON.stringify(twin.desired[name].value) !== JSON.stringify(twin.values[name]?.value);
  const count = names.filter(differs).length;
  return (
    <Panel title={w.desiredReported} aside={count > 0 ? w.differs(count, names.length) : w.agrees}>
      <table class="table">
        <thead><tr><th>{w.name}</th><th class="num">{w.desired}</th><th class="num">{w.reported}</th></tr></thead>
        <tbody>
          {names.map((name) => (
            <tr key={name} class={differs(name) ? 'differs' : ''}>
              <td title={name}>{fieldName(twin.model, name)}</td>
              <td class="num">{twin.desired[name] ? valueText(twin, name, twin.desired[name].value) : <span class="faint">{w.notSet}</span>}</td>
              <td class="num">{valueText(twin, name, twin.values[name]?.value)} <span class="faint small">{unitOf(twin, name)}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
