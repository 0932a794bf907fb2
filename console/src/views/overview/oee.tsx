// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'preact/hooks';
import { readOee } from '../../api/kpi.ts';
import { lossesOf, type Oee } from '../../lib/oee.ts';
import { ageOf } from '../../lib/time.ts';
import { now, serverNow } from '../../state/clock.ts';
import { clockText, number, words } from '../../state/language.ts';
import { nameOf } from '../../state/names.ts';
import { useResource } from '../../state/resource.ts';
import { spanMs } from '../../state/route.ts';
import { Panel } from '../../ui/panel.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';

const AGAIN_MS = 10_000;

/** OEE of the range: three ratios, and where the planned time went. A server that has no such figure
 *  for this twin answers 404, and the panel is not drawn. */
export function OeePanel({ line }: { line: string }) {
  const w = words.value;
  const slot = Math.floor(now.value / AGAIN_MS);
  const { data, problem, at, loading } = useOee(line, slot);
  if (problem?.status === 404) return null;
  const range = `${clockText(serverNow() - spanMs.value, false)}–${clockText(now.value, false)}`;
  const old = problem && at ? w.staleSince(w.age(ageOf(at, Date.now()))) : range;
  return (
    <Panel title={w.oee} note={data ? w.oeeOf(nameOf(line), nameOf(data.unit)) : undefined} aside={old} class="oee">
      <div class="panel-body">
        {data ? <Figures kpi={data} /> : problem && !loading ? <Failed problem={problem} /> : <Loading rows={6} />}
      </div>
    </Panel>
  );
}

function useOee(line: string, slot: number) {
  const key = `${line} ${spanMs.value}`;
  const resource = useResource(key, (signal) => readOee(line, serverNow() - spanMs.value, serverNow(), signal));
  useEveryChange(slot, resource.reload);
  return resource.state.value;
}

function Figures({ kpi }: { kpi: Oee }) {
  const w = words.value;
  if (kpi.oee === null || kpi.plannedBusySeconds <= 0) return <Empty text={w.oeeNone} />;
  const loss = lossesOf(kpi);
  const sum = loss.good + loss.rejects + loss.speed + loss.stops || 1;
  const minutes = (seconds: number) => w.minutes(number(seconds / 60, 1));
  return (
    <>
      <p class="hero">{number(kpi.oee, 3)}</p>
      <dl class="ratios">
        <Ratio name={w.availability} value={kpi.availability} lost={minutes(-loss.stops)} />
        <Ratio name={w.effectiveness} value={kpi.effectiveness} lost={minutes(-loss.speed)} />
        <Ratio name={w.qualityRatio} value={kpi.quality} lost={minutes(-loss.rejects)} />
      </dl>
      <div class="shares" role="img" aria-label={`${w.lossGood} ${minutes(loss.good)}, ${w.lossRejects} ${minutes(loss.rejects)}, ${w.lossSpeed} ${minutes(loss.speed)}, ${w.lossStops} ${minutes(loss.stops)}`}>
        {(['good', 'rejects', 'speed', 'stops'] as const).map((part) => <span key={part} class={part} style={{ flexGrow: loss[part] / sum }} />)}
      </div>
      <ul class="legend tiny dim">
        <li class="good">{w.lossGood} {minutes(loss.good)}</li>
        <li class="rejects">{w.lossRejects}</li>
        <li class="speed">{w.lossSpeed}</li>
        <li class="stops">{w.lossStops}</li>
      </ul>
    </>
  );
}

const Ratio = ({ name, value, lost }: { name: string; value: number | null; lost: string }) => (
  <div class="ratio">
    <dt class="dim clip">{name}</dt>
    <dd class="num strong-ish">{value === null ? '—' : number(value, 3)}</dd>
    <dd class="meter" aria-hidden="true"><span style={{ '--share': String(Math.min(1, value ?? 0)) }} /></dd>
    <dd class="num faint small">{lost}</dd>
  </div>
);

/** Calls when `value` becomes another one, not at first. */
function useEveryChange(value: number, call: () => void): void {
  const before = useRef(value);
  useEffect(() => {
    if (before.current !== value) call();
    before.current = value;
  }, [value]);
}
