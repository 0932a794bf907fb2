// SPDX-License-Identifier: Apache-2.0
// Issuers sign the tokens of many devices. Nothing of one is secret.
import type { Document } from '../lib/connection.ts';
import { ok, type Result } from '../lib/result.ts';
import { get, request, requestAnswer } from './http.ts';

export type Issuer = Document & { id: string; issuer: string; audience: string; claim: string; keys: { kid: string; algorithm: string; publicKey: string }[] };

const path = (name: string) => `/api/v1/issuers/${encodeURIComponent(name)}`;

/** The first five hundred. */
export async function listIssuers(signal?: AbortSignal): Promise<Result<Issuer[]>> {
  const answer = await get<{ items: Issuer[] }>('/api/v1/issuers?limit=500', signal);
  return answer.ok ? ok(answer.value.items) : answer;
}

/** With the ETag that a change of it names. */
export async function readIssuer(name: string, signal?: AbortSignal): Promise<Result<{ issuer: Issuer; etag: string }>> {
  const answer = await requestAnswer<Issuer>('GET', path(name), undefined, signal);
  return answer.ok ? ok({ issuer: answer.value.body, etag: answer.value.headers.get('etag') ?? '' }) : answer;
}
export async function writeIssuer(name: string, document: Document, etag: string): Promise<Result<{ issuer: Issuer; etag: string }>> {
  const answer = await requestAnswer<Issuer>('PUT', path(name), document, undefined, etag ? { 'If-Match': etag } : {});
  return answer.ok ? ok({ issuer: answer.value.body, etag: answer.value.headers.get('etag') ?? '' }) : answer;
}
export const deleteIssuer = (name: string) => request<void>('DELETE', path(name));
