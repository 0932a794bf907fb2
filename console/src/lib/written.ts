// SPDX-License-Identifier: Apache-2.0
// JSON whose text matters: numbers with more digits than a browser's number holds, and what people wrote themselves.

/** JSON as it was written; printed it is this text and no other. */
export class Written {
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

const LONG = /\d{16}/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
/** A member that no answer has; the text behind it is a whole number. */
const MARK = '\u0000whole';

/** JSON as it is read: a whole number that a browser's number would round is Written. Throws as JSON.parse does. */
export function parseJson(text: string): unknown {
  if (!LONG.test(text)) return JSON.parse(text);
  const marked = text.replace(TOKEN, (token) => (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `{${JSON.stringify(MARK)}:"${token}"}` : token));
  return JSON.parse(marked, (_, value: unknown) => {
    const whole = typeof value === 'object' && value !== null && MARK in value ? value[MARK] : undefined;
    return typeof whole === 'string' && /^-?\d+$/.test(whole) ? new Written(whole) : value;
  });
}

/** A number that was read, as near as a browser has it. */
export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : value instanceof Written && NUMBER.test(value.text) ? Number(value.text) : undefined;

/** The value as JSON, what is Written in it as it was written. */
export function jsonText(value: unknown): string {
  if (value instanceof Written) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join(',')}}`;
}

/** Digits that every double keeps. */
const DIGITS_MAX = 15;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** A number that was typed: exactly that, also where the browser would round it. */
export function numberOf(text: string): number | Written {
  const plain = text.trim().replace(/^([+-]?)0+(?=\d)/, '$1').replace(/^\+/, '');
  const digits = plain.replace(/[eE].*$/, '').replace(/\D/g, '');
  return digits.length > DIGITS_MAX && NUMBER.test(plain) ? new Written(plain) : Number(text);
}

/** Whether a value that was read is the one that was sent: a number of more digits was rounded while it was read. */
export function isExact(value: unknown): boolean {
  if (value instanceof Written) return true;
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}
