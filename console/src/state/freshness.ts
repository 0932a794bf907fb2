// SPDX-License-Identifier: Apache-2.0
// How fresh twins are, where the server says so: the counts of the header, which twins are late or
// stale, and all that is known of the one that is looked at.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type FreshPage, listFreshness, readFreshness, type TwinFreshness } from '../api/freshness.ts';
import { ok, type Result } from '../lib/result.ts';
import { useAgain } from './again.ts';
import { useEvery, useResource } from './resource.ts';

const EVERY_MS = 10_000;
const TWIN_EVERY_MS = 5000;
const PAUSE_MS = 300;

export interface Freshnesses {
  counts: FreshPage['counts'];
  /** Twins that are late or stale; of each state the first thousand. */
  old: ReadonlyMap<string, 'late' | 'stale'>;
}
export const freshnesses = signal<Freshnesses | undefined>(undefined);

export const oldState = (twin: string): 'late' | 'stale' | undefined => freshnesses.value?.old.get(twin);

/** Follows which twins are late or stale, while it is drawn. */
export function useFreshnesses(): void {
  const { state, reload } = useResource('freshness', readOld);
  useEvery(EVERY_MS, reload);
  useAgain('', PAUSE_MS, reload, (change) => change.freshness !== undefined);
  useEffect(() => void (freshnesses.value = state.value.data), [state.value.data]);
}

async function readOld(stop: AbortSignal): Promise<Result<Freshnesses>> {
  const [late, stale] = await Promise.all([listFreshness('late', stop), listFreshness('stale', stop)]);
  if (!late.ok) return late;
  if (!stale.ok) return stale;
  const old = new Map<string, 'late' | 'stale'>();
  for (const { twin } of late.value.items) old.set(twin, 'late');
  for (const { twin } of stale.value.items) old.set(twin, 'stale');
  return ok({ counts: stale.value.counts, old });
}

/** What is expected and measured of one twin; undefined while it is not known, or nothing is declared. */
export function useFreshness(twin: string): TwinFreshness | undefined {
  const { state, reload } = useResource(`freshness ${twin}`, (stop) => readFreshness(twin, stop));
  const { data } = state.value;
  const declared = data !== undefined && (data.items.length > 0 || data.rollup !== null);
  useEvery(TWIN_EVERY_MS, () => declared && reload());
  useAgain(twin, PAUSE_MS, reload, (change) => change.twin === twin && change.freshness !== undefined);
  return declared ? data : undefined;
}
