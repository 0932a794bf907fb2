// SPDX-License-Identifier: Apache-2.0
// A production line as it is drawn: work units from left to right, in the order in which they feed
// each other, with the buffer that stands between two of them.

export interface Station {
  unit: string;
  /** The buffer that this unit fills; undefined after the last one, or where there is none. */
  buffer: string | undefined;
}

/** `feeds` are pairs [from, to] among units and buffers. Units that nothing orders keep the order of
 *  `units`; a loop is cut where it was entered. */
export function orderLine(units: readonly string[], buffers: ReadonlySet<string>, feeds: readonly (readonly [string, string])[]): Station[] {
  const next = new Map<string, string[]>();
  for (const [from, to] of feeds) next.set(from, [...(next.get(from) ?? []), to]);
  const known = new Set(units);
  const after = new Map<string, { unit: string; buffer: string | undefined }[]>();
  const fed = new Set<string>();
  for (const unit of units) {
    const reach: { unit: string; buffer: string | undefined }[] = [];
    for (const to of next.get(unit) ?? []) {
      if (known.has(to)) reach.push({ unit: to, buffer: undefined });
      else if (buffers.has(to)) for (const far of next.get(to) ?? []) if (known.has(far)) reach.push({ unit: far, buffer: to });
    }
    after.set(unit, reach);
    for (const r of reach) fed.add(r.unit);
  }
  const out: Station[] = [];
  const done = new Set<string>();
  const walk = (unit: string) => {
    if (done.has(unit)) return;
    done.add(unit);
    const reach = after.get(unit) ?? [];
    const own = (next.get(unit) ?? []).find((to) => buffers.has(to));
    out.push({ unit, buffer: reach.find((r) => r.buffer)?.buffer ?? own });
    for (const r of reach) walk(r.unit);
  };
  for (const unit of units) if (!fed.has(unit)) walk(unit);
  for (const unit of units) walk(unit);
  return out;
}

export type Mood = 'running' | 'slow' | 'standing' | 'waiting' | 'unknown';

/** How a unit does, from what it says of itself. Slow = running with cycles a tenth longer than ideal. */
export function moodOf(state: unknown, cycleTime: unknown, idealCycleTime: unknown): Mood {
  if (state === 'starved' || state === 'blocked') return 'waiting';
  if (typeof state !== 'string') return 'unknown';
  if (state !== 'running') return 'standing';
  const slow = typeof cycleTime === 'number' && typeof idealCycleTime === 'number' && cycleTime > idealCycleTime * 1.1;
  return slow ? 'slow' : 'running';
}
