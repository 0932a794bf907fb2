// SPDX-License-Identifier: Apache-2.0
import { ok, type Result } from '../lib/result.ts';
import { azure, type Answered, requestAnswer } from './http.ts';

export interface QueryPage {
  value: unknown[];
  continuationToken: string | null;
  /** What the server charged for this page; undefined when it does not say. */
  charge?: number | undefined;
}

/** One page of a query; the next one by its token. Aborting tells the server to stop. */
export async function runQuery(text: string, token: string | null, rows: number, signal?: AbortSignal): Promise<Result<QueryPage>> {
  const body = token ? { continuationToken: token } : { query: text };
  const answer: Result<Answered<QueryPage>> = await requestAnswer<QueryPage>('POST', azure('/query'), body, signal, { 'max-items-per-page': String(rows) });
  if (!answer.ok) return answer;
  const charge = Number(answer.value.headers.get('query-charge') ?? NaN);
  return ok({ ...answer.value.body, continuationToken: answer.value.body.continuationToken ?? null, charge: Number.isFinite(charge) ? charge : undefined });
}
