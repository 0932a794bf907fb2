// SPDX-License-Identifier: Apache-2.0
import { useSignal } from '@preact/signals';
import { bandPath, shareOf, type Stretch, stretches } from '../../lib/band.ts';
import { moodOf } from '../../lib/line.ts';
import { ticks } from '../../lib/time.ts';
import { now } from '../../state/clock.ts';
import { clockText, number, words } from '../../state/language.ts';
import { knownUntil } from '../../state/link.ts';
import { fieldOf, wordFor } from '../../state/models.ts';
import { nameOf } from '../../state/names.ts';
import { hrefTo, span, spanMs } from '../../state/route.ts';
import { twinNow } from '../../state/twins.ts';
import { Panel } from '../../ui/panel.tsx';
import { Failed, Loading } from '../../ui/states.tsx';
import type { States, UnitStates } from './states.ts';

const WIDTH = 1000;
const HEIGHT = 16;
const RUNNING = ['running', 'slow'] as const;

/** The states of all units under each other, one time axis: how a stop travels along the line. */
export function Bands({ states }: { states: States }) {
  const w = words.value;
  const cursor = useSignal<number | undefined>(undefined);
  const to = now.value;
  const from = to - spanMs.value;
  const aside = cursor.value === undefined ? w.spanIn[span.value] : clockText(cursor.value);
  const move = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const track = event.currentTarget.querySelector('.band-track')!.getBoundingClientRect();
    const share = (event.clientX - track.left) / track.width;
    cursor.value = share < 0 || share > 1 ? undefined : from + share * (to - from);
  };
  return (
    <Panel title={w.states} note={w.statesNote} aside={aside} class="bands">
      {states.loading ? <div class="panel-body"><Loading rows={5} height={states.units.length * 26 + 20} /></div>
        : states.problem ? <Failed problem={states.problem} />
        : (
          <div class="band-rows" onPointerMove={move} onPointerLeave={() => (cursor.value = undefined)}>
            {states.units.map((unit) => <Band key={unit.unit} {...unit} from={from} to={to} cursor={cursor.value} />)}
            <div class="band-axis tiny faint" aria-hidden="true">
              {ticks(from, to - (to - from) * 0.02, 8).map((time) => (
                <span key={time} style={{ left: `${((time - from) / (to - from)) * 100}%` }}>{clockText(time, false)}</span>
              ))}
            </div>
          </div>
        )}
    </Panel>
  );
}

function Band({ unit, series, from, to, cursor }: UnitStates & { from: number; to: number; cursor: number | undefined }) {
  const w = words.value;
  const parts = stretches(series, from, to, (value) => moodOf(value, undefined, undefined), knownUntil.value);
  const share = shareOf(parts, RUNNING);
  const percent = share === undefined ? '—' : number(share * 100, 0);
  const name = nameOf(unit);
  const end = cursor === undefined ? `${percent} %` : wordAt(unit, parts, cursor);
  return (
    <div class="band">
      <a class="band-name clip" href={hrefTo('twin', unit)} title={name}>{name}</a>
      <svg class="band-track" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={w.runningShare(name, percent)}>
        <path class="band-running" d={bandPath(parts, RUNNING, from, to, WIDTH, HEIGHT)} />
        <path class="band-waiting" d={bandPath(parts, ['waiting'], from, to, WIDTH, HEIGHT)} />
        <path class="band-standing" d={bandPath(parts, ['standing'], from, to, WIDTH, HEIGHT)} />
      </svg>
      <span class="band-end num dim small clip">{end}</span>
    </div>
  );
}

function wordAt(unit: string, parts: readonly Stretch[], time: number): string {
  const part = parts.find((p) => p.from <= time && time < p.to);
  return part ? wordFor(fieldOf(twinNow(unit)?.model, 'state'), part.value) : '—';
}
