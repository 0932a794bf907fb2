// SPDX-License-Identifier: Apache-2.0
// Issuers sign the tokens of many devices. Nothing of one is secret.
import type { Document } from '../lib/connection.ts';
import { ok, type Result } from '../lib/result.ts';
import { get, readTagged, request, writeTagged } from './http.ts';

export type Issuer = Document & { id: string; issuer: string; audience: string; claim: string; keys: { kid: string; algorithm: string; publicKey: string }[] };

const path = (name: string) => `/api/v1/issuers/${encodeURIComponent(name)}`;

/** The first five hundred. */
export async function listIssuers(signal?: AbortSignal): Promise<Result<Issuer[]>> {
  const answer = await get<{ items: Issuer[] }>('/api/v1/issuers?limit=500', signal);
  return answer.ok ? ok(answer.value.items) : answer;
}

export const readIssuer = (name: string, signal?: AbortSignal) => readTagged<Issuer>(path(name), signal);
export const writeIssuer = (name: string, document: Document, etag: string) => writeTagged<Issuer>(path(name), document, etag);
export const deleteIssuer = (name: string) => request<void>('DELETE', path(name));
