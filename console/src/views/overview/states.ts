// SPDX-License-Identifier: Apache-2.0
import { useEffect } from 'preact/hooks';
import type { Problem } from '../../lib/result.ts';
import { changes, type Point, type Series } from '../../lib/series.ts';
import { instant } from '../../lib/time.ts';
import { timeOf } from '../../lib/twin.ts';
import { spanMs } from '../../state/route.ts';
import { useTrail } from '../../state/trails.ts';
import { twinNow } from '../../state/twins.ts';
import { happenings } from '../shell/time-bar.tsx';

export interface UnitStates {
  unit: string;
  series: Series;
}
export interface Happening {
  unit: string;
  time: number;
  value: Point;
  before: Point;
}
export interface States {
  units: UnitStates[];
  /** Every change in the range, newest first. */
  changes: Happening[];
  loading: boolean;
  problem: Problem | undefined;
}

/** The states of the units of one line over the range. The units of a drawn line do not change: who
 *  calls this is keyed by them. */
export function useStates(ids: readonly string[]): States {
  const trails = ids.map((unit) => ({ unit, trail: useTrail({ twin: unit, properties: ['state'], spanMs: spanMs.value }).value }));
  const units = trails.map(({ unit, trail }) => ({ unit, series: known(unit, trail.series['state']) }));
  const found = units
    .flatMap(({ unit, series }) => changes(series).map((c) => ({ unit, ...c })))
    .filter((c): c is Happening => c.before !== undefined)
    .sort((a, b) => b.time - a.time);
  const key = found.map((c) => c.time).join();
  useEffect(() => {
    happenings.value = found.map((c) => c.time);
  }, [key]);
  useEffect(() => () => void (happenings.value = []), []);
  return { units, changes: found, loading: trails.some(({ trail }) => trail.loading), problem: trails.find(({ trail }) => trail.problem)?.trail.problem };
}

/** Without any change in the range the state is the one that the twin has had since before it. */
function known(unit: string, series: Series | undefined): Series {
  if (series && series.t.length > 0) return series;
  const state = twinNow(unit)?.values['state'];
  const since = state && instant(timeOf(state));
  return state && since !== undefined && typeof state.value === 'string' ? { t: [since], v: [state.value] } : { t: [], v: [] };
}
