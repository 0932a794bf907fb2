// SPDX-License-Identifier: Apache-2.0
import { ok, type Result } from '../lib/result.ts';
import type { Point } from '../lib/series.ts';
import { instant } from '../lib/time.ts';
import { type Json, scalar } from '../lib/twin.ts';
import { get } from './http.ts';

interface Answer {
  properties: string[];
  rows: [string, ...Json[]][];
  cursor: string | null;
}
export type Row = [number, ...Point[]];
export interface History {
  properties: string[];
  rows: Row[];
}
export interface Ask {
  properties: readonly string[];
  from: number;
  to: number;
  /** Down-samples on the server; without it every row comes. */
  buckets?: number;
}

const ROWS_MAX = 5000;
const PAGES_MAX = 4;

export async function readHistory(twin: string, ask: Ask, signal?: AbortSignal): Promise<Result<History>> {
  const rows: Row[] = [];
  let properties: string[] = [...ask.properties];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({
      property: ask.properties.join(','),
      from: new Date(ask.from).toISOString(),
      to: new Date(ask.to).toISOString(),
      limit: String(ROWS_MAX),
      ...(ask.buckets ? { buckets: String(ask.buckets) } : {}),
      ...(cursor ? { cursor } : {}),
    });
    const answer: Result<Answer> = await get<Answer>(`/api/v1/history/${encodeURIComponent(twin)}?${query}`, signal);
    if (!answer.ok) return answer;
    properties = answer.value.properties;
    for (const [time, ...values] of answer.value.rows) {
      const at = instant(time);
      if (at !== undefined) rows.push([at, ...values.map((value) => scalar(value) ?? null)]);
    }
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok({ properties, rows });
}
