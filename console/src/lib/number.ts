// SPDX-License-Identifier: Apache-2.0

/** Decimals that a number was written with, at most `max`: 21.4 has 1. */
export function decimalsOf(value: number, max = 3): number {
  if (!Number.isFinite(value)) return 0;
  for (let digits = 0; digits < max; digits++) {
    if (Math.abs(value - Number(value.toFixed(digits))) < 1e-9 * Math.max(1, Math.abs(value))) return digits;
  }
  return max;
}

const formats = new Map<string, Intl.NumberFormat>();

/** Grouped by locale, with a real minus, always with `digits` decimals so that figures do not jump. */
export function formatNumber(value: number, digits: number, language: string): string {
  const key = `${language} ${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(key, format);
  }
  const text = format.format(value).replace('-', '−');
  return Number(value.toFixed(digits)) === 0 ? text.replace('−', '') : text;
}

/** A whole number of any length, grouped the same way. */
export const formatWhole = (digits: string, language: string): string => BigInt(digits).toLocaleString(language).replace('-', '−');

/** The distances that an axis may have between its lines: 1, 2 and 5 of every power of ten, so that
 *  every label is a round value and says all of it. */
export const ROUND_STEPS: readonly number[] = Array.from({ length: 16 }, (_, i) => i - 6)
  .flatMap((power) => [1, 2, 5].map((one) => Number(`${one}e${power}`)));

/** Digits worth showing when nobody says what the sensor resolves: three significant, at most two. */
export function usualDigits(value: number): number {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return 0;
  return size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 1 : 2;
}
