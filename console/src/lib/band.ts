// SPDX-License-Identifier: Apache-2.0
// A state over time as a band: normal is a thin line, waiting is half as high, standing is full. The
// eye finds a stop by its height, without any hue, and sees how it travels along the line.
import type { Mood } from './line.ts';
import type { Point, Series } from './series.ts';

export interface Stretch {
  from: number;
  to: number;
  value: Point;
  mood: Mood;
}

/** The stretches of a series within [from, to]; the last value holds until `until`. Before
 *  the first known value, and after that, there is nothing, because nothing is known. */
export function stretches(series: Series, from: number, to: number, moodOf: (value: Point) => Mood, until = to): Stretch[] {
  const out: Stretch[] = [];
  series.t.forEach((time, i) => {
    const start = Math.max(from, time);
    const end = Math.min(to, series.t[i + 1] ?? until);
    const value = series.v[i]!;
    if (end <= start || value === null) return;
    const before = out[out.length - 1];
    if (before && before.value === value && before.to === start) before.to = end;
    else out.push({ from: start, to: end, value, mood: moodOf(value) });
  });
  return out;
}

const HEIGHTS: Record<Mood, number> = { running: 0.2, slow: 0.2, waiting: 0.55, standing: 1, unknown: 0 };

/** One path for all stretches of a mood, in a box of `width` by `height`; what is narrower than half
 *  a unit is drawn that wide, so that a short stop does not vanish. */
export function bandPath(parts: readonly Stretch[], moods: readonly Mood[], from: number, to: number, width: number, height: number): string {
  const scale = width / (to - from || 1);
  return parts
    .filter((part) => moods.includes(part.mood))
    .map((part) => {
      const x = (part.from - from) * scale;
      const w = Math.max(0.5, (part.to - part.from) * scale);
      const h = HEIGHTS[part.mood] * height;
      return `M${x.toFixed(1)} ${((height - h) / 2).toFixed(1)}h${w.toFixed(1)}v${h.toFixed(1)}h${(-w).toFixed(1)}z`;
    })
    .join('');
}

/** The share of the known time that was spent in one of the moods; undefined when nothing is known. */
export function shareOf(parts: readonly Stretch[], moods: readonly Mood[]): number | undefined {
  const all = parts.reduce((sum, part) => sum + part.to - part.from, 0);
  const some = parts.filter((part) => moods.includes(part.mood)).reduce((sum, part) => sum + part.to - part.from, 0);
  return all > 0 ? some / all : undefined;
}
