// SPDX-License-Identifier: Apache-2.0
// JSON whose text matters: numbers with more digits than a browser's number holds, and what people wrote themselves.

/** JSON as it was written; printed it is this text and no other. */
export class Written {
  constructor(readonly text: string) {}
}

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

/** Whether a value that was read is the one that was sent: a whole number beyond these was rounded while it was read. */
export function isExact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}
