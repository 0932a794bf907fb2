// SPDX-License-Identifier: Apache-2.0
import { ok, type Result } from '../lib/result.ts';
import type { Twin } from '../lib/twin.ts';
import { get } from './http.ts';

export interface TwinRow {
  id: string;
  model: string;
  seq: number | string;
  updated: string;
}
interface Page {
  items: TwinRow[];
  cursor: string | null;
}
export interface Listing {
  items: TwinRow[];
  /** There are more than were read. */
  more: boolean;
}

const PAGE = 1000;
const PAGES_MAX = 10;

/** The first 10,000 twins; whoever has more narrows by model, or asks for fewer pages. */
export async function listTwins(model?: string, signal?: AbortSignal, pages = PAGES_MAX): Promise<Result<Listing>> {
  const items: TwinRow[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page++) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}), ...(model ? { model } : {}) });
    const answer: Result<Page> = await get<Page>(`/api/v1/twins?${query}`, signal);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok({ items, more: cursor !== null });
}

export const readTwin = (id: string, signal?: AbortSignal) => get<Twin>(`/api/v1/twins/${encodeURIComponent(id)}`, signal);
