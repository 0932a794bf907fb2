// SPDX-License-Identifier: Apache-2.0
// How fresh a twin and its values are, by what was declared of them.
import type { Freshness } from '../lib/twin.ts';
import { get } from './http.ts';

export type FreshState = Freshness | 'unknown';
export interface FreshItem {
  path: string;
  state: FreshState;
  since: string | null;
  sourceTime: string | null;
  arrival: string | null;
  ageSeconds: number | null;
  expected?: { period?: number | null; tolerance?: number | null; stale?: number | null; from?: string } | null;
  measured?: { period?: number | null; jitter?: number | null; completeness?: number | null; late?: number; duplicates?: number; clockOffset?: number | null; samples?: number } | null;
}
export interface TwinFreshness {
  twin: string;
  state: FreshState;
  since: string | null;
  /** Of what belongs to it: the worst of them all. */
  rollup: { state: FreshState; worst: string | null } | null;
  items: FreshItem[];
}

export const readFreshness = (twin: string, signal?: AbortSignal) => get<TwinFreshness>(`/api/v1/twins/${encodeURIComponent(twin)}/freshness`, signal);
