// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { numbers } from '../../lib/series.ts';
import type { Twin } from '../../lib/twin.ts';
import { asNumber } from '../../lib/written.ts';
import { now } from '../../state/clock.ts';
import { clockText, number, said, words } from '../../state/language.ts';
import { knownUntil } from '../../state/link.ts';
import { fieldName, fieldOf } from '../../state/models.ts';
import { route, span, spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { Chart } from '../../ui/chart.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { digitsOf, drawable, unitOf, valueNames, valueText } from './value.ts';

const HEIGHT = 260;

/** The chosen value over the range of the time bar: `p` in the address, else the first number. */
export function History({ id, twin }: { id: string; twin: Twin }) {
  const w = words.value;
  const names = valueNames(twin);
  const chosen = route.value.query['p'];
  const name = chosen && names.includes(chosen) ? chosen : firstNumber(twin, names);
  const trail = useTrail({ twin: id, properties: name ? [name] : [], spanMs: spanMs.value, points: 900 }).value;
  const cursor = useSignal<number | undefined>(undefined);
  if (!name) return null;
  const series = trail.series[name] ?? { t: [], v: [] };
  const field = fieldOf(twin.model, name);
  const isNumber = isNumeric(twin, name);
  const unit = unitOf(twin, name);
  const step = Math.max(1000, spanMs.value / 600);
  const to = Math.ceil(now.value / step) * step;
  const value = twin.values[name]!;
  const held = drawable(value, series, to - spanMs.value, knownUntil.value);
  const { t, v } = numbers(held, field?.words.map((word) => word.value));
  const known = v.filter((x): x is number => x !== null);
  const digits = isNumber && known.length > 0 ? digitsOf(series, known[known.length - 1]!) : 0;
  const title = fieldName(twin.model, name);
  const at = cursor.value === undefined ? -1 : nearest(t, cursor.value * 1000);
  const aside = at >= 0 ? `${clockText(t[at]!)}  ${valueText(twin, name, held.v[at], digits)} ${unit}` : w.spanIn[span.value];
  const label = isNumber && known.length > 0
    ? w.trend(title, number(known[0]!, digits), number(known[known.length - 1]!, digits), unit)
    : `${title}: ${valueText(twin, name, twin.values[name]?.value)}`;
  return (
    <Panel title={title} note={isNumber ? unit : undefined} aside={aside} class="history">
      <div class="panel-body">
        {trail.loading ? <Loading height={HEIGHT} rows={6} />
          : trail.problem ? <Failed problem={trail.problem} />
          : known.length === 0 ? <Empty text={w.noHistory} />
          : <Chart
              t={t} v={v} from={to - spanMs.value} to={to} height={HEIGHT} steps={!isNumber || value.kind === 'property'}
              labels={isNumber ? undefined : vocabulary(held.v.map(String), field?.words.map((word) => [word.value, said(word.label) ?? word.value]))}
              label={label} onCursor={(seconds) => (cursor.value = seconds)}
            />}
      </div>
    </Panel>
  );
}

const firstNumber = (twin: Twin, names: readonly string[]): string | undefined =>
  names.find((name) => measured(twin, name) && unitOf(twin, name) !== '') ?? names.find((name) => isNumeric(twin, name)) ?? names[0];

const isNumeric = (twin: Twin, name: string): boolean => asNumber(twin.values[name]?.value) !== undefined;
const measured = (twin: Twin, name: string): boolean => isNumeric(twin, name) && twin.values[name]?.kind === 'telemetry';

/** The words of the axis, in the order in which numbers() counts them. */
function vocabulary(seen: readonly string[], known: readonly (readonly [string, string])[] = []): string[] {
  const rest = [...new Set(seen)].filter((word) => !known.some(([value]) => value === word));
  return [...known.map(([, label]) => label), ...rest];
}

function nearest(t: readonly number[], time: number): number {
  let best = -1;
  for (let i = 0; i < t.length; i++) if (best < 0 || Math.abs(t[i]! - time) < Math.abs(t[best]! - time)) best = i;
  return best;
}
