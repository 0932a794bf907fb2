// SPDX-License-Identifier: Apache-2.0
// The live connection: which twins are being looked at, and whether the server is there. Views say
// what they look at; one stream carries exactly that.
import { batch, computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { LiveStream } from '../api/live.ts';
import { Pulse } from '../api/pulse.ts';
import type { Problem } from '../lib/result.ts';
import { instant } from '../lib/time.ts';
import type { Change } from '../lib/twin.ts';
import { parseJson } from '../lib/written.ts';
import { now, skew } from './clock.ts';
import { epoch } from './resource.ts';
import { endSession, session } from './session.ts';

export type Link =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** `since`: when it was last heard, by the server's clock; undefined when it never was. */
  | { kind: 'lost'; since: number | undefined; problem: Problem };

export const link = signal<Link>({ kind: 'connecting' });

/** Up to when what is shown is known: now, or when the server was last heard. Nothing is drawn beyond
 *  it as if it still held. */
export const knownUntil = computed(() => (link.value.kind === 'lost' && link.value.since !== undefined ? link.value.since : now.value));

type Listener = (change: Change) => void;
const listeners = new Set<Listener>();
const looks = new Map<string, number>();
let stream: LiveStream | Pulse | undefined;
let streamed = '';
let heardAt: number | undefined;
let pending = 0;
const PULSE = '\n';

/** Gives back how to stop. */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** While the component is drawn, changes of these twins arrive. */
export function useLook(ids: readonly string[]): void {
  const key = ids.join('\n');
  useEffect(() => {
    for (const id of ids) looks.set(id, (looks.get(id) ?? 0) + 1);
    settle();
    return () => {
      for (const id of ids) {
        const left = (looks.get(id) ?? 1) - 1;
        if (left > 0) looks.set(id, left);
        else looks.delete(id);
      }
      settle();
    };
  }, [key]);
}

export const isLookedAt = (id: string): boolean => looks.has(id);

export const retryNow = (): void => stream?.retryNow();

/** Opens another stream when the set of twins changed; a moment later, so that a change of view,
 *  which leaves one set and takes another, costs one stream. Who looks at no twin has a pulse. */
function settle(): void {
  clearTimeout(pending);
  pending = window.setTimeout(() => {
    const wanted = [...looks.keys()].sort();
    const key = session.value ? wanted.join('\n') || PULSE : '';
    if (key === streamed) return;
    stream?.close();
    streamed = key;
    stream = key === '' ? undefined : wanted.length > 0 ? new LiveStream(wanted, follower) : new Pulse(follower);
  }, 30);
}
session.subscribe(settle);

const follower = {
  opened(): void {
    const again = link.value.kind === 'lost';
    link.value = { kind: 'live' };
    if (again) epoch.value++;
    else for (const listener of openers) listener();
  },
  heard(): void {
    heardAt = Date.now();
  },
  lost(problem: Problem): void {
    if (problem.status === 401) endSession();
    if (link.value.kind === 'lost') return;
    link.value = { kind: 'lost', since: heardAt === undefined ? undefined : heardAt + skew.ms, problem };
  },
  event({ event, data }: { event: string; data: string }): void {
    if (event === 'gap') epoch.value++;
    if (event !== 'change') return;
    const change = parse(data);
    if (!change) return;
    const time = instant(change.time);
    if (time !== undefined) skew.observe(time, Date.now());
    batch(() => listeners.forEach((listener) => listener(change)));
  },
};

/** Called when a stream is open: what is read from now on misses nothing. Gives back how to stop. */
const openers = new Set<() => void>();
export function onOpen(listener: () => void): () => void {
  openers.add(listener);
  return () => void openers.delete(listener);
}

function parse(data: string): Change | undefined {
  try {
    const change = parseJson(data) as Change;
    return typeof change.twin === 'string' ? change : undefined;
  } catch {
    return undefined;
  }
}
