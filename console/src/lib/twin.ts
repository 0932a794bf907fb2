// SPDX-License-Identifier: Apache-2.0
import type { Point } from './series.ts';
import { instant } from './time.ts';
import { asNumber, Written } from './written.ts';

export type Json = Point | Written | Json[] | { [key: string]: Json };
export type Freshness = 'fresh' | 'late' | 'stale';

export interface Value {
  value: Json;
  sourceTime: string | null;
  arrivalTime: string | null;
  quality: string;
  kind: 'property' | 'telemetry';
  unit: string | null;
  /** Said by the server where the model declares a period; never guessed here. */
  freshness?: Freshness;
}
export interface Twin {
  id: string;
  model: string;
  seq: number | string;
  updated: string;
  values: Record<string, Value>;
  desired: Record<string, Desired>;
}
export type DesiredStatus = 'pending' | 'delivered' | 'applied' | 'rejected' | 'timed out';
/** What is wished for, and what became of it. */
export interface Desired {
  value: Json;
  reported?: Json;
  version: number;
  status?: DesiredStatus;
  since?: string;
  expires?: string | null;
  reason?: string;
}
/** One event of the stream about a twin: it says one of these. */
export interface Change {
  twin: string;
  time: string;
  values?: Record<string, Partial<Value> & { value: Json }>;
  desired?: Record<string, Json>;
  desiredStatus?: Record<string, { version: number; status: DesiredStatus; reason?: string }>;
  command?: { id: string; name: string; status: string; response?: Json };
  /** Of the twin, which `path` made so; null where nothing is declared any more. */
  freshness?: { state: Freshness | 'unknown'; since: string; path?: string } | null;
}

/** The twin after a change from the stream. What the twin knows later than the change stays, so a
 *  document read while the stream ran is never moved back. */
export function applyChange(twin: Twin, change: Change): Twin {
  const values = { ...twin.values };
  const time = instant(change.time) ?? 0;
  let changed = false;
  for (const [name, next] of Object.entries(change.values ?? {})) {
    const known = values[name];
    if (known && (instant(known.arrivalTime) ?? 0) > time) continue;
    const { value, sourceTime, arrivalTime, quality, kind, unit, freshness } = next;
    values[name] = {
      value,
      sourceTime: sourceTime ?? null,
      arrivalTime: arrivalTime ?? change.time,
      quality: quality ?? 'good',
      kind: kind ?? known?.kind ?? 'telemetry',
      unit: unit ?? known?.unit ?? null,
      ...(freshness ?? known?.freshness ? { freshness: freshness ?? known!.freshness! } : {}),
    };
    changed = true;
  }
  if (!changed) return twin;
  return { ...twin, values, updated: time > (instant(twin.updated) ?? 0) ? change.time : twin.updated };
}

/** When a value was true: its source time, else when it arrived. */
export const timeOf = (value: Value): string | null => value.sourceTime ?? value.arrivalTime;

/** What can be drawn of it; a long number as near as a browser has it. */
export const scalar = (value: Json | undefined): Point | undefined =>
  value instanceof Written ? asNumber(value) : value === undefined || (typeof value === 'object' && value !== null) ? undefined : value;

/** The twin with what the server says of the freshness of its values; of others nothing is said. */
export function withFreshness(twin: Twin, items: readonly { path: string; state: string }[] | undefined): Twin {
  if (!items) return twin;
  const values = { ...twin.values };
  for (const { path, state } of items) {
    const value = values[path];
    if (value && (state === 'fresh' || state === 'late' || state === 'stale')) values[path] = { ...value, freshness: state };
  }
  return { ...twin, values };
}
