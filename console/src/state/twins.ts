// SPDX-License-Identifier: Apache-2.0
// The twins being looked at, each one signal: a changed value redraws what shows that twin.
import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { readTwin } from '../api/twins.ts';
import { applyChange, type Change, type Twin } from '../lib/twin.ts';
import { isLookedAt, onChange, onOpen, useLook } from './link.ts';
import { epoch, type Loaded } from './resource.ts';
import { endSession } from './session.ts';

const KEPT_MAX = 2000;
const kept = new Map<string, ReturnType<typeof signal<Loaded<Twin>>>>();
/** Changes that came while the document was being read; they are newer than what is known. */
const early = new Map<string, Change[]>();

function entry(id: string) {
  let found = kept.get(id);
  if (!found) {
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(id, (found = signal<Loaded<Twin>>({ loading: true })));
  }
  return found;
}

/** The twin as far as it is known; reads nothing. */
export const twinState = (id: string): ReadonlySignal<Loaded<Twin>> => entry(id) as ReadonlySignal<Loaded<Twin>>;
export const twinNow = (id: string | undefined): Twin | undefined => (id ? twinState(id).value.data : undefined);

/** Reads the twins and keeps them live while the component is drawn. */
export function useTwins(ids: readonly string[]): void {
  useLook(ids);
  useEffect(() => {
    for (const id of ids) void load(id);
  }, [ids.join('\n'), epoch.value]);
}

export async function load(id: string): Promise<void> {
  const twin = entry(id);
  early.set(id, []);
  twin.value = { ...twin.value!, loading: true };
  const answer = await readTwin(id);
  if (answer.ok) {
    const data = (early.get(id) ?? []).reduce(applyChange, { ...answer.value, desired: answer.value.desired ?? {} });
    twin.value = { data, at: Date.now(), loading: false };
  } else {
    if (answer.error.status === 401) endSession();
    twin.value = { ...twin.value!, problem: answer.error, loading: false };
  }
  early.delete(id);
}

onChange((change) => {
  early.get(change.twin)?.push(change);
  const twin = kept.get(change.twin);
  const data = twin?.value?.data;
  if (twin && data) twin.value = { ...twin.value!, data: applyChange(data, change) };
});

// A stream that has just opened begins now; what changed before it did is read again.
onOpen(() => {
  for (const [id, twin] of kept) if (isLookedAt(id) && !twin.value?.loading) void load(id);
});
