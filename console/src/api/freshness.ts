// SPDX-License-Identifier: Apache-2.0
// How fresh twins and their values are, by what was declared of them.
import type { Freshness } from '../lib/twin.ts';
import { get } from './http.ts';

export type FreshState = Freshness | 'unknown';
export interface FreshItem {
  path: string;
  state: FreshState;
  since: string | null;
  ageSeconds: number | null;
  /** Seconds. */
  expected: { period: number; tolerance: number; stale: number; from: 'model' | 'twin' };
  measured: { period: number | null; jitter: number | null; completeness: number | null; late: number; duplicates: number; clockOffset: number | null; samples: number };
}
export interface TwinFreshness {
  twin: string;
  state: FreshState;
  since: string | null;
  /** Of what belongs to it: the worst of them all. */
  rollup: { state: FreshState; worst: string | null } | null;
  items: FreshItem[];
}
export interface FreshPage {
  items: { twin: string; state: FreshState; since: string }[];
  cursor: string | null;
  counts: Record<FreshState, number>;
}

const LIMIT = 1000;

export const readFreshness = (twin: string, signal?: AbortSignal) => get<TwinFreshness>(`/api/v1/twins/${encodeURIComponent(twin)}/freshness`, signal);
/** The first thousand of one state, and how many there are of each. */
export const listFreshness = (state: FreshState, signal?: AbortSignal) => get<FreshPage>(`/api/v1/freshness?state=${state}&limit=${LIMIT}`, signal);
