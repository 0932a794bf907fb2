// SPDX-License-Identifier: Apache-2.0
// The rows of a query as a table, and as CSV. A row that is one twin, or names one, is spread out.
import { isRecord } from './result.ts';
import { asNumber, jsonText } from './written.ts';

export interface Table {
  columns: string[];
  rows: Record<string, unknown>[];
  /** The column is right-aligned: numbers, and nothing, in every row. */
  numbers: ReadonlySet<string>;
}

const HIDDEN = new Set(['$etag', '$metadata']);
export const isTwin = (value: unknown): value is Record<string, unknown> => isRecord(value) && typeof value['$dtId'] === 'string';
export const modelOf = (twin: Record<string, unknown>): string | undefined =>
  isRecord(twin['$metadata']) && typeof twin['$metadata']['$model'] === 'string' ? twin['$metadata']['$model'] : undefined;

export function tabulate(values: readonly unknown[]): Table {
  const rows = values.map((value) => spread(isRecord(value) ? value : { value }));
  const columns: string[] = [];
  for (const row of rows) for (const key of Object.keys(row)) if (!columns.includes(key)) columns.push(key);
  const numbers = new Set(columns.filter((key) => rows.every((r) => r[key] === undefined || r[key] === null || asNumber(r[key]) !== undefined) && rows.some((r) => asNumber(r[key]) !== undefined)));
  return { columns, rows, numbers };
}

function spread(row: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(row);
  const only = entries.length === 1 ? entries[0]![1] : undefined;
  const from = isTwin(only) ? only : row;
  const out: Record<string, unknown> = isTwin(from) ? { $dtId: from['$dtId'], $model: modelOf(from) } : {};
  for (const [key, value] of Object.entries(from)) if (!HIDDEN.has(key)) out[key] = value;
  return out;
}

/** RFC 4180; what begins like a formula gets an apostrophe, or a spreadsheet would run it. */
export function csv({ columns, rows }: Table): string {
  const field = (value: unknown) => {
    if (value === undefined || value === null) return '';
    const plain = typeof value === 'object' ? jsonText(value) : String(value);
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(field), ...rows.map((row) => columns.map((key) => field(row[key])))].map((line) => line.join(',')).join('\r\n') + '\r\n';
}
