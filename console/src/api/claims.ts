// SPDX-License-Identifier: Apache-2.0
// Claims let devices that nobody knows register themselves. The text of one is told once.
import { ok, type Result } from '../lib/result.ts';
import { get, request } from './http.ts';

export interface Claim {
  id: string;
  uses: number;
  used: number;
  expires: string;
  prefix?: string;
  group?: string;
  model?: string;
  /** In the answer that made it. */
  claim?: string;
}
export interface NewClaim {
  uses: number;
  expires?: string;
  prefix?: string;
  group?: string;
  model?: string;
}

const PAGES_MAX = 10;
const path = (id: string) => `/api/v1/claims/${encodeURIComponent(id)}`;

export async function listClaims(signal?: AbortSignal): Promise<Result<Claim[]>> {
  const items: Claim[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: Result<{ items: Claim[]; cursor: string | null }> = await get(`/api/v1/claims?${new URLSearchParams({ limit: '100', ...(cursor ? { cursor } : {}) })}`, signal);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok(items);
}

export const readClaim = (id: string) => get<Claim>(path(id));
export const makeClaim = (id: string, claim: NewClaim) => request<Claim>('PUT', path(id), claim);
export const endClaim = (id: string) => request<void>('DELETE', path(id));
