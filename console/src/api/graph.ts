// SPDX-License-Identifier: Apache-2.0
import { ok, type Result } from '../lib/result.ts';
import { azure, get, local } from './http.ts';

export interface Relation {
  name: string;
  /** The twin at the other end. */
  other: string;
}
interface Page<T> {
  value: T[];
  nextLink?: string | null;
}
interface Outgoing {
  $relationshipName: string;
  $targetId: string;
}
interface Incoming {
  $relationshipName: string;
  $sourceId: string;
}

const PAGES_MAX = 10;

export const outgoing = (id: string, signal?: AbortSignal) =>
  pages<Outgoing>(`/digitaltwins/${encodeURIComponent(id)}/relationships`, (r) => ({ name: r.$relationshipName, other: r.$targetId }), signal);

export const incoming = (id: string, signal?: AbortSignal) =>
  pages<Incoming>(`/digitaltwins/${encodeURIComponent(id)}/incomingrelationships`, (r) => ({ name: r.$relationshipName, other: r.$sourceId }), signal);

async function pages<T>(path: string, relation: (item: T) => Relation, signal?: AbortSignal): Promise<Result<Relation[]>> {
  const out: Relation[] = [];
  let next: string | null = azure(path);
  for (let page = 0; next && page < PAGES_MAX; page++) {
    const answer: Result<Page<T>> = await get<Page<T>>(next, signal);
    if (!answer.ok) return answer;
    out.push(...answer.value.value.map(relation));
    next = answer.value.nextLink ? local(answer.value.nextLink) : null;
  }
  return ok(out);
}
