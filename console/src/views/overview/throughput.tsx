// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { rate } from '../../lib/series.ts';
import { now } from '../../state/clock.ts';
import { clockText, number, words } from '../../state/language.ts';
import { knownUntil } from '../../state/link.ts';
import type { Line } from '../../state/plant.ts';
import { span, spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { Chart } from '../../ui/chart.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';

const SLOTS = 60;
const HEIGHT = 196;

/** Parts per minute that leave the line: what its last unit counted, slot by slot. */
export function Throughput({ line }: { line: Line }) {
  const w = words.value;
  const unit = line.stations[line.stations.length - 1]?.unit;
  const trail = useTrail({ twin: unit, properties: ['totalCount'], spanMs: spanMs.value, points: 900 }).value;
  const cursor = useSignal<number | undefined>(undefined);
  const slot = Math.max(15_000, spanMs.value / SLOTS);
  const to = Math.floor(now.value / slot) * slot;
  const from = to - spanMs.value;
  const counter = trail.series['totalCount'] ?? { t: [], v: [] };
  const { t, v } = rate(counter, from, to, slot, knownUntil.value);
  const known = v.filter((x): x is number => x !== null);
  const at = cursor.value === undefined ? -1 : t.indexOf(Math.round(cursor.value * 1000));
  const readout = at >= 0 && v[at] != null ? `${clockText(t[at]!)}  ${number(v[at]!, 1)} ${w.perMinute}` : w.spanIn[span.value];
  const label = known.length > 0 ? w.trend(w.throughput, number(known[0]!, 1), number(known[known.length - 1]!, 1), w.perMinute) : w.noHistory;
  return (
    <Panel title={w.throughput} note={w.meanRate} aside={readout} class="throughput">
      <div class="panel-body">
        {trail.loading ? <Loading height={HEIGHT} rows={5} />
          : trail.problem ? <Failed problem={trail.problem} />
          : known.length === 0 ? <Empty text={w.noHistory} />
          : <Chart t={t} v={v} from={from} to={to} height={HEIGHT} zero label={label} onCursor={(s) => (cursor.value = s)} />}
      </div>
    </Panel>
  );
}
