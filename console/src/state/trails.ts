// SPDX-License-Identifier: Apache-2.0
// A trail is what some properties of a twin did in the last while: history from the server, then
// every change as it comes. Late values go to their place.
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { readHistory } from '../api/history.ts';
import type { Problem } from '../lib/result.ts';
import { append, column, empty, type Series } from '../lib/series.ts';
import { instant } from '../lib/time.ts';
import { type Change, scalar } from '../lib/twin.ts';
import { serverNow } from './clock.ts';
import { onChange } from './link.ts';
import { epoch } from './resource.ts';
import { endSession } from './session.ts';

export interface Trail {
  loading: boolean;
  problem?: Problem;
  series: Readonly<Record<string, Series>>;
}
export interface TrailAsk {
  twin: string | undefined;
  properties: readonly string[];
  spanMs: number;
  /** Numbers are thinned to about this many points; words never are. */
  points?: number;
}

const open = new Set<(change: Change) => void>();
onChange((change) => open.forEach((listener) => listener(change)));

const RAW_SPAN_MS = 3_600_000;

export function useTrail({ twin, properties, spanMs, points = 600 }: TrailAsk): ReadonlySignal<Trail> {
  const trail = useSignal<Trail>({ loading: true, series: {} });
  const key = `${twin}\n${properties.join(',')}\n${spanMs}`;
  useEffect(() => {
    if (!twin || properties.length === 0) {
      trail.value = { loading: false, series: {} };
      return undefined;
    }
    const stop = new AbortController();
    const early: Change[] = [];
    let ready = false;
    trail.value = { loading: true, series: {} };
    const take = (change: Change) => {
      if (change.twin !== twin) return;
      if (ready) trail.value = extend(trail.peek(), change, properties, spanMs, points);
      else early.push(change);
    };
    open.add(take);
    const to = serverNow() + 1000;
    const ask = { properties, from: to - spanMs, to, ...(spanMs > RAW_SPAN_MS ? { buckets: points } : {}) };
    void readHistory(twin, ask, stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      ready = true;
      const series: Record<string, Series> = {};
      if (answer.ok) answer.value.properties.forEach((name, i) => (series[name] = column(answer.value.rows, i)));
      else if (answer.error.status === 401) endSession();
      const first: Trail = { loading: false, series, ...(answer.ok ? {} : { problem: answer.error }) };
      trail.value = early.reduce((known, change) => extend(known, change, properties, spanMs, points), first);
    });
    return () => {
      stop.abort();
      open.delete(take);
    };
  }, [key, epoch.value]);
  return trail;
}

function extend(trail: Trail, change: Change, properties: readonly string[], spanMs: number, points: number): Trail {
  let series: Record<string, Series> | undefined;
  for (const name of properties) {
    const next = change.values?.[name];
    const value = scalar(next?.value);
    if (value === undefined || value === null) continue;
    const time = instant(next?.sourceTime) ?? instant(change.time);
    if (time === undefined) continue;
    const step = typeof value === 'number' ? spanMs / points / 2 : 0;
    series ??= { ...trail.series };
    series[name] = append(series[name] ?? empty(), time, value, serverNow() - spanMs, step);
  }
  return series ? { ...trail, series } : trail;
}
