// SPDX-License-Identifier: Apache-2.0

/** What went wrong, in the server's own sentence; `status` 0 means that no answer came at all. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  path?: string;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Problem };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (error: Problem): Result<never> => ({ ok: false, error });

/** Reads a refusal: RFC 9457 of /api/v1, or the error object of the Azure data plane. */
export function problemOf(status: number, body: unknown): Problem {
  const top = isRecord(body) ? body : {};
  const azure = isRecord(top['error']) ? top['error'] : undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return {
    status,
    code: text(azure?.['code']) || text(top['code']) || `http ${status}`,
    title: text(top['title']) || text(azure?.['code']) || `HTTP ${status}`,
    detail: text(azure?.['message']) || text(top['detail']) || text(top['title']) || `HTTP ${status}`,
    ...(typeof top['path'] === 'string' ? { path: top['path'] } : {}),
  };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
