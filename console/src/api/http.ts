// SPDX-License-Identifier: Apache-2.0
// One way to ask the server. Never throws: a dead network and a refusing server both come back as a
// Problem to show. The session rides in a cookie; writing also needs the token that came with it.
import { fail, ok, problemOf, type Result } from '../lib/result.ts';
import { jsonText, parseJson, Written } from '../lib/written.ts';

/** Set by the session when it begins, and when the reader changes the language. */
export const client = { csrf: '', language: 'en' };

const AZURE = 'api-version=2023-10-31';

/** An answer with what stood above it. */
export interface Answered<T> {
  body: T;
  headers: Headers;
}

export async function requestAnswer<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, more: Record<string, string> = {}): Promise<Result<Answered<T>>> {
  try {
    const { headers: own, ...rest } = payload(method, body);
    const response = await fetch(path, { method, credentials: 'same-origin', headers: { ...own, ...more }, ...rest, ...(signal ? { signal } : {}) });
    const answer = await read(response);
    return response.ok ? ok({ body: answer as T, headers: response.headers }) : fail(problemOf(response.status, answer));
  } catch (error) {
    return fail({ status: 0, code: isAbort(error) ? 'aborted' : 'unreachable', title: '', detail: '' });
  }
}

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Result<T>> {
  const answer = await requestAnswer<T>(method, path, body, signal);
  return answer.ok ? ok(answer.value.body) : answer;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<Result<T>> => request<T>('GET', path, undefined, signal);

/** A thing as it is stored, with the ETag that a change of it names. */
export interface Tagged<T> {
  body: T;
  etag: string;
}

async function tagged<T>(answer: Promise<Result<Answered<T>>>): Promise<Result<Tagged<T>>> {
  const got = await answer;
  return got.ok ? ok({ body: got.value.body, etag: got.value.headers.get('etag') ?? '' }) : got;
}

export const readTagged = <T>(path: string, signal?: AbortSignal): Promise<Result<Tagged<T>>> => tagged(requestAnswer<T>('GET', path, undefined, signal));

/** Stores it in the place of the one of this ETag, and is refused when that is another by now; '' is whatever there is. */
export const writeTagged = <T>(path: string, document: unknown, etag: string): Promise<Result<Tagged<T>>> =>
  tagged(requestAnswer<T>('PUT', path, document, undefined, etag ? { 'If-Match': etag } : {}));

/** The same for the Azure data plane, whose every call names its version. */
export const azure = (path: string): string => path + (path.includes('?') ? '&' : '?') + AZURE;

/** Posts JSON as it was written, so that the places in a refusal are places in it. */
export const sendText = <T>(path: string, text: string, signal?: AbortSignal): Promise<Result<T>> => request<T>('POST', path, new Written(text), signal);

/** A next link may be absolute; only its path belongs to us. */
export function local(link: string): string {
  const url = new URL(link, location.href);
  return url.pathname + url.search;
}

export const headers = (method: string): Record<string, string> => ({
  'Accept-Language': client.language,
  ...(method !== 'GET' && client.csrf ? { 'X-CSRF-Token': client.csrf } : {}),
});

function payload(method: string, body: unknown): { headers: Record<string, string>; body?: string } {
  if (body === undefined) return { headers: headers(method) };
  return { headers: { ...headers(method), 'Content-Type': 'application/json' }, body: jsonText(body) };
}

async function read(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text ? parseJson(text) : undefined;
  } catch {
    return { detail: text.slice(0, 500) };
  }
}

export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
