// SPDX-License-Identifier: Apache-2.0
// Something read from the server, in the four states in which it is drawn.
import { type ReadonlySignal, signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ok, type Problem, type Result } from '../lib/result.ts';
import { endSession } from './session.ts';

export interface Loaded<T> {
  data?: T;
  /** The last try failed; `data`, if there is some, is older. */
  problem?: Problem;
  /** When `data` was read, by the browser's clock. */
  at?: number;
  loading: boolean;
}
export interface Resource<T> {
  state: ReadonlySignal<Loaded<T>>;
  reload: () => void;
}

/** Goes up when everything shown must be read again: the server came back, or the stream had a gap. */
export const epoch = signal(0);

/** Reads when `key` or the epoch changes; keeps what it has while it reads the same key again. A reading that is under way when
 *  it is to be read again is waited for, and followed by another: given up each time, it would never end where it takes longer
 *  than the time between two. */
export function useResource<T>(key: string | undefined, read: (signal: AbortSignal) => Promise<Result<T>>): Resource<T> {
  const state = useSignal<Loaded<T>>({ loading: true });
  const round = useSignal(0);
  const before = useRef<string | undefined>(undefined);
  const again = useRef(false);
  useEffect(() => {
    again.current = false;
    if (before.current !== key) state.value = { loading: true };
    else state.value = { ...state.peek(), loading: true };
    before.current = key;
    if (key === undefined) return undefined;
    const stop = new AbortController();
    void read(stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      if (answer.ok) state.value = { data: answer.value, at: Date.now(), loading: false };
      else {
        if (answer.error.status === 401) endSession();
        state.value = { ...state.peek(), problem: answer.error, loading: false };
      }
      if (again.current) round.value++;
    });
    return () => stop.abort();
  }, [key, epoch.value, round.value]);
  const reload = () => {
    if (state.peek().loading) again.current = true;
    else round.value++;
  };
  return { state, reload };
}

/** Reads the thing of this name; of one that has none yet there is nothing to read. */
export const readNamed = <T>(name: string, read: () => Promise<Result<T>>): Promise<Result<T | undefined>> => (name ? read() : Promise.resolve(ok(undefined)));

/** Reads again every so often while it is drawn and the page is seen. */
export function useEvery(ms: number, reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const timer = setInterval(() => document.hidden || latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms]);
}
