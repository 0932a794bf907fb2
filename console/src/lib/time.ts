// SPDX-License-Identifier: Apache-2.0
// Time as people read it. Instants are milliseconds since 1970, UTC; they are shown in local time.

/** The parts of an age: what is printed depends on the language, how coarse it is does not. */
export type Age =
  | { unit: 'second'; value: number; digits: 0 | 1 }
  | { unit: 'minute'; value: number }
  | { unit: 'hour'; value: number; minutes: number }
  | { unit: 'day'; value: number };

/** 0.6 s, 12 s, 3 min, 3 h 17 min, 2 d. Instants ahead of the clock count as now. */
export function ageOf(since: number, now: number): Age {
  const seconds = Math.max(0, now - since) / 1000;
  if (seconds < 0.95) return { unit: 'second', value: Math.round(seconds * 10) / 10, digits: 1 };
  if (seconds < 60) return { unit: 'second', value: Math.floor(seconds + 0.05), digits: 0 };
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return { unit: 'minute', value: minutes };
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return { unit: 'hour', value: hours, minutes: minutes % 60 };
  return { unit: 'day', value: Math.floor(hours / 24) };
}

/** Milliseconds of an RFC 3339 instant; undefined for anything else. Digits beyond the ms are cut. */
export function instant(text: string | null | undefined): number | undefined {
  if (!text) return undefined;
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(ms) ? undefined : ms;
}

/** The spans that the time bar offers, in seconds. */
export const SPANS = { '5m': 300, '15m': 900, '1h': 3600, '8h': 28800, '24h': 86400 } as const;
export type Span = keyof typeof SPANS;
export const DEFAULT_SPAN: Span = '15m';
export const isSpan = (text: string | undefined): text is Span => text !== undefined && Object.hasOwn(SPANS, text);

/** Round instants for the ticks of a span, at most `count` of them, in local time. */
export function ticks(from: number, to: number, count: number): number[] {
  const minute = 60_000;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((m) => m * minute);
  const step = steps.find((s) => (to - from) / s <= count) ?? 1440 * minute;
  const offset = new Date(from).getTimezoneOffset() * minute;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const out: number[] = [];
  for (let t = first; t <= to; t += step) out.push(t);
  return out;
}

/** The server's clock as seen from here: added to Date.now() it gives server time. Ages are honest
 *  only when both instants come from one clock. A difference under two seconds is left alone. */
export class Skew {
  #best: number | undefined;

  /** `server` is an instant that the server had just reached when it arrived here at `local`. */
  observe(server: number, local: number): void {
    const difference = server - local;
    if (this.#best === undefined || difference > this.#best) this.#best = difference;
  }
  get ms(): number {
    return this.#best !== undefined && Math.abs(this.#best) > 2000 ? this.#best : 0;
  }
}
