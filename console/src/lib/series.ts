// SPDX-License-Identifier: Apache-2.0
// One property over time: instants in ms, ascending, and what was measured. A gap is a gap: null
// breaks the line, and so does a silence longer than `gap`.

export type Point = number | string | boolean | null;
export interface Series {
  t: number[];
  v: Point[];
}

export const empty = (): Series => ({ t: [], v: [] });

/** Column `index` of history rows, without the rows that say nothing about it. */
export function column(rows: readonly (readonly [number, ...Point[]])[], index: number): Series {
  const out = empty();
  for (const row of rows) {
    const value = row[index + 1];
    if (value === undefined || value === null) continue;
    out.t.push(row[0]);
    out.v.push(value);
  }
  return out;
}

/** A new series with one more point. Points nearer than `step` ms to the one before take its place,
 *  what is older than `from` goes, and what comes late is put where it belongs. */
export function append(series: Series, time: number, value: Point, from: number, step = 0): Series {
  let start = 0;
  while (start < series.t.length - 1 && series.t[start + 1]! < from) start++;
  const t = series.t.slice(start);
  const v = series.v.slice(start);
  let at = t.length;
  while (at > 0 && t[at - 1]! > time) at--;
  const same = at > 0 && (t[at - 1] === time || (at === t.length && at > 1 && time - t[at - 2]! < step));
  t.splice(same ? at - 1 : at, same ? 1 : 0, time);
  v.splice(same ? at - 1 : at, same ? 1 : 0, value);
  return { t, v };
}

export const last = (series: Series): Point | undefined => series.v[series.v.length - 1];

/** The numbers of a series; booleans and words become steps: their place among `words`. */
export function numbers(series: Series, words: readonly string[] = []): { t: number[]; v: (number | null)[] } {
  const seen = new Map(words.map((word, i) => [word, i]));
  const v = series.v.map((point) => {
    if (typeof point === 'number') return point;
    if (point === null) return null;
    const word = String(point);
    if (!seen.has(word)) seen.set(word, seen.size);
    return seen.get(word)!;
  });
  return { t: series.t, v };
}

/** A counter as a rate per minute, one number per slot of `slot` ms; a counter that went back began
 *  anew at 0. Slots before the first reading and after `until` are null: nothing is known about them. */
export function rate(counter: Series, from: number, to: number, slot: number, until = to): { t: number[]; v: (number | null)[] } {
  const t: number[] = [];
  const v: (number | null)[] = [];
  let at = 0;
  let before: number | undefined;
  let total = 0;
  const skip = (end: number) => {
    for (; at < counter.t.length && counter.t[at]! <= end; at++) {
      const now = counter.v[at];
      if (typeof now !== 'number') continue;
      if (before !== undefined) total += now >= before ? now - before : now;
      before = now;
    }
  };
  skip(from);
  for (let end = from + slot; end <= to; end += slot) {
    const known = before !== undefined && end <= until + slot / 2;
    total = 0;
    skip(end);
    t.push(end);
    v.push(known ? (total * 60_000) / slot : null);
  }
  return { t, v };
}

/** Runs of equal values: a state and since when it holds. */
export function changes(series: Series): { time: number; value: Point; before: Point | undefined }[] {
  const out: { time: number; value: Point; before: Point | undefined }[] = [];
  series.v.forEach((value, i) => {
    const before = out[out.length - 1]?.value;
    if (out.length === 0 || value !== before) out.push({ time: series.t[i]!, value, before });
  });
  return out;
}

/** Indices of values with nothing before and nothing behind them: no line shows them, so each needs a point. */
export const alone = (v: readonly (number | null | undefined)[]): number[] =>
  v.flatMap((value, i) => (value != null && v[i - 1] == null && v[i + 1] == null ? [i] : []));
