// SPDX-License-Identifier: Apache-2.0
// A value as it is read: digits, unit, the model's words.
import { decimalsOf, usualDigits } from '../../lib/number.ts';
import type { Field } from '../../lib/dtdl.ts';
import type { Series } from '../../lib/series.ts';
import { instant } from '../../lib/time.ts';
import { type Json, scalar, timeOf, type Twin, type Value } from '../../lib/twin.ts';
import { symbol } from '../../lib/unit.ts';
import { asNumber, jsonText, Written } from '../../lib/written.ts';
import { instantText, language, number, whole, words } from '../../state/language.ts';
import { fieldOf, interfaceOf, wordFor } from '../../state/models.ts';

/** As many decimals as the last points were written with, so that a figure keeps its width. */
export function digitsOf(series: Series | undefined, value: number): number {
  const points = series?.v.slice(-30).filter((v): v is number => typeof v === 'number') ?? [];
  const written = Math.max(decimalsOf(value), ...points.map((v) => decimalsOf(v)));
  return written > 2 ? Math.max(2, usualDigits(value)) : written;
}

export function valueText(twin: Twin, name: string, value: Json | undefined, digits?: number): string {
  if (value === undefined || value === null) return '—';
  if (typeof value === 'number') return number(value, digits ?? decimalsOf(value));
  if (value instanceof Written) return whole(value.text);
  if (typeof value === 'boolean') return value ? words.value.yes : words.value.no;
  if (typeof value === 'string') return value === '' ? '—' : wordOf(fieldOf(twin.model, name), value);
  return jsonText(value);
}

/** In the model's words; an instant as all the others on the page. */
function wordOf(field: Field | undefined, value: string): string {
  const at = field?.shape?.kind === 'datetime-local' ? instant(value) : undefined;
  return at === undefined ? wordFor(field, value) : instantText(at);
}

/** What can be drawn of a value: its history, and for a property, which holds until it is set again,
 *  also what it is now. Telemetry is not held: where nothing was measured there is nothing. */
export function drawable(value: Value, series: Series | undefined, from: number, to: number): Series {
  const known = series ?? { t: [], v: [] };
  const now = scalar(value.value);
  const isWord = asNumber(value.value) === undefined;
  if (value.kind !== 'property' && !isWord) return known;
  if (now === undefined || now === null) return known;
  const since = instant(timeOf(value)) ?? from;
  const start = known.t.length > 0 ? [] : [Math.max(from, since)];
  return { t: [...known.t, ...start, to], v: [...known.v, ...start.map(() => now), now] };
}

export const unitOf = (twin: Twin, name: string): string =>
  symbol(twin.values[name]?.unit ?? fieldOf(twin.model, name)?.unit, language.value);

/** The model's order first, then what the model does not name, by name. A twin's own name is its title. */
export function valueNames(twin: Twin): string[] {
  const own = Object.keys(twin.values).filter((name) => name !== 'name' && name !== 'displayName');
  const known = own.filter((name) => fieldOf(twin.model, name));
  return [...known.sort((a, b) => order(twin.model, a) - order(twin.model, b)), ...own.filter((name) => !known.includes(name)).sort()];
}

function order(model: string, name: string): number {
  return [...(interfaceOf(model)?.fields.keys() ?? [])].indexOf(name);
}
