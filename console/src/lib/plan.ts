// SPDX-License-Identifier: Apache-2.0
// A row of EXPLAIN: what is done, and whatever else the server tells about it.
import { isRecord } from './result.ts';

export interface Step {
  /** The operator, in the server's word. */
  what: string;
  rest: readonly [key: string, value: unknown][];
}

const NUMBER = new Set(['step']);

export function stepOf(row: unknown): Step {
  if (!isRecord(row)) return { what: String(row), rest: [] };
  const told = Object.entries(row).filter(([, value]) => value !== null && value !== '');
  const name = ['operator', 'step', 'name'].find((key) => typeof row[key] === 'string') ?? told.find(([, value]) => typeof value === 'string')?.[0] ?? '';
  return { what: String(row[name] ?? ''), rest: told.filter(([key, value]) => key !== name && !(NUMBER.has(key) && typeof value === 'number')) };
}
