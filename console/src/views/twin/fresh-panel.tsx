// SPDX-License-Identifier: Apache-2.0
import type { FreshItem, TwinFreshness } from '../../api/freshness.ts';
import { decimalsOf } from '../../lib/number.ts';
import { ageOf, instant } from '../../lib/time.ts';
import type { Twin } from '../../lib/twin.ts';
import { now } from '../../state/clock.ts';
import { instantText, number, words } from '../../state/language.ts';
import { fieldName } from '../../state/models.ts';
import { Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/panel.tsx';

/** How often each value is expected, and how it comes. */
export function FreshPanel({ twin, of }: { twin: Twin; of: TwinFreshness }) {
  const w = words.value;
  if (of.items.length === 0) return null;
  const fresh = of.items.filter((item) => item.state === 'fresh').length;
  return (
    <Panel title={w.freshness} aside={w.freshCounts(fresh, of.items.length)} class="freshness">
      <div class="table-box" role="region" aria-label={w.freshness} tabIndex={0}>
        <table class="table">
          <thead><tr><th>{w.name}</th><th>{w.deviceState}</th><th class="num">{w.expectedHead}</th><th class="num">{w.measuredHead}</th><th class="num">{w.completeness}</th></tr></thead>
          <tbody>{of.items.map((item) => <Row key={item.path} twin={twin} item={item} />)}</tbody>
        </table>
      </div>
    </Panel>
  );
}

const seconds = (value: number): string => number(value, Math.min(2, decimalsOf(value)));

function Row({ twin, item: { path, state, since, expected, measured } }: { twin: Twin; item: FreshItem }) {
  const w = words.value;
  const at = instant(since);
  const hint = [
    w.rule(seconds(expected.tolerance), seconds(expected.stale)), expected.from === 'twin' ? w.ofTwin : w.ofModel,
    measured.jitter === null ? '' : `${w.jitter} ${w.secondsIn(seconds(measured.jitter))}`,
    w.samples(number(measured.samples, 0), number(measured.late, 0), number(measured.duplicates, 0)),
    measured.clockOffset === null ? '' : `${w.clockOffset} ${w.secondsIn(seconds(measured.clockOffset))}`,
  ].filter(Boolean).join('\n');
  return (
    <tr title={hint}>
      <td title={path}>{fieldName(twin.model, path)}</td>
      <td>
        <span class={`age ${state}`} title={at === undefined ? '' : instantText(at)}>
          {state !== 'unknown' && <Mark is={state} />}
          {at !== undefined && state !== 'fresh' ? w.freshnessSince(w.freshnessOf(state), w.age(ageOf(at, now.value))) : w.freshnessOf(state)}
        </span>
      </td>
      <td class="num">{w.secondsIn(seconds(expected.period))}</td>
      <td class="num">{measured.period === null ? <span class="faint">—</span> : w.secondsIn(seconds(measured.period))}</td>
      <td class="num">{measured.completeness === null ? <span class="faint">—</span> : `${number(measured.completeness * 100, 0)} %`}</td>
    </tr>
  );
}
