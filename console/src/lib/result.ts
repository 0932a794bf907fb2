// SPDX-License-Identifier: Apache-2.0
import { Written } from './written.ts';

/** What went wrong, in the server's own sentence; `status` 0 means that no answer came at all. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  path?: string;
  /** The stable id of the rule, and the place in what was sent, where the server tells them. */
  rule?: string;
  line?: number;
  column?: number;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Problem };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (error: Problem): Result<never> => ({ ok: false, error });

/** Reads a refusal: RFC 9457 of /api/v1, or the error object of the Azure data plane. */
export function problemOf(status: number, body: unknown): Problem {
  const top = isRecord(body) ? body : {};
  const azure = isRecord(top['error']) ? top['error'] : undefined;
  const place = Array.isArray(azure?.['details']) && isRecord(azure['details'][0]) ? azure['details'][0] : top;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const path = place['pointer'] ?? place['path'];
  return {
    status,
    code: text(azure?.['code']) || text(top['code']) || `http ${status}`,
    title: text(top['title']) || text(azure?.['code']) || `HTTP ${status}`,
    detail: text(azure?.['message']) || text(top['detail']) || text(top['title']) || `HTTP ${status}`,
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof place['code'] === 'string' ? { rule: place['code'] } : {}),
    ...(typeof place['line'] === 'number' ? { line: place['line'], column: Number(place['column'] ?? 1) } : {}),
  };
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Written);
