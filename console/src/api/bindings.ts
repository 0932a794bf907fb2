// SPDX-License-Identifier: Apache-2.0
// Bindings, what they make of messages, and what could not be mapped.
import type { Document } from '../lib/binding.ts';
import { ok, type Result } from '../lib/result.ts';
import { get, readTagged, request, writeTagged } from './http.ts';

export interface Binding {
  id: string;
  updated: string;
  enabled?: boolean;
  /** Of one that was written: what may be a slip in it. */
  notes?: string[];
  figures?: { messages: number; values: number; missed: number; refused: number };
  binding?: Document;
}
export interface Sample {
  topic: string;
  /** Text; of bytes that are none, `base64`. */
  payload?: string;
  base64?: string;
}
export interface TriedValue {
  twin: string;
  new?: boolean;
  property: string;
  value: unknown;
  unit?: string;
  time?: string;
}
export interface Miss {
  row: number;
  twin: string;
  name: string;
  code: string;
  reason: string;
}
export interface Tried {
  rows: number;
  passed: number;
  code?: string;
  error?: string;
  values: TriedValue[];
  misses: Miss[];
  leftovers: string[];
}
export interface Trial {
  messages: Tried[];
  totals: { messages: number; values: number; missed: number; failed: number };
}
export interface Reject {
  number: number;
  time: string;
  sender: string;
  twin: string;
  name: string;
  code: string;
  reason: string;
  binding?: string;
  source?: string;
  row?: number;
  replayable?: boolean;
  payload: string;
}
export interface RejectFilter {
  sender?: string;
  reason?: string;
  binding?: string;
  number?: string;
}
export interface Replayed {
  offered: number;
  taken: number;
  left: number;
  values: number;
  unbound: number;
}
interface Page<T> {
  items: T[];
  cursor: string | null;
}

const PAGES_MAX = 10;
const path = (name: string, rest = '') => `/api/v1/bindings/${encodeURIComponent(name)}${rest}`;
const searchOf = (filter: RejectFilter, more: Record<string, string> = {}) =>
  new URLSearchParams(Object.entries({ ...filter, ...more }).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== '')).toString();

export async function listBindings(signal?: AbortSignal): Promise<Result<Binding[]>> {
  const items: Binding[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: Result<Page<Binding>> = await get(`/api/v1/bindings?${searchOf({}, { limit: '200', ...(cursor ? { cursor } : {}) })}`, signal);
    if (!answer.ok) return answer;
    items.push(...answer.value.items);
    cursor = answer.value.cursor;
    if (!cursor) break;
  }
  return ok(items);
}

export const readBinding = (name: string, signal?: AbortSignal) => readTagged<Binding>(path(name), signal);
export const writeBinding = (name: string, document: Document, etag: string) => writeTagged<Binding>(path(name), document, etag);

export const switchBinding = (name: string, on: boolean) => request<Binding>('POST', path(name, on ? '/enable' : '/disable'));
export const deleteBinding = (name: string) => request<void>('DELETE', path(name));
export const tryBinding = (binding: Document, messages: readonly Sample[], signal?: AbortSignal) =>
  request<Trial>('POST', '/api/v1/binding-tests', { binding, messages }, signal);

export const listRejects = (filter: RejectFilter, signal?: AbortSignal) => get<Page<Reject>>(`/api/v1/rejects?${searchOf(filter, { limit: '200' })}`, signal);
/** One, with all of its payload. */
export async function readReject(number: string, signal?: AbortSignal): Promise<Result<Reject | undefined>> {
  const answer = await get<Page<Reject>>(`/api/v1/rejects?${searchOf({ number }, { payload: 'whole' })}`, signal);
  return answer.ok ? ok(answer.value.items[0]) : answer;
}
export const replayRejects = (filter: RejectFilter) => request<Replayed>('POST', `/api/v1/rejects/replay?${searchOf(filter)}`);
