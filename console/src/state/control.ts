// SPDX-License-Identifier: Apache-2.0
// Desired values and commands of a twin, read again when the stream says that one of them changed.
import { type CommandPage, listCommands, readDesired, wish } from '../api/control.ts';
import { patchOf } from '../lib/shape.ts';
import { instant } from '../lib/time.ts';
import type { Desired, Json } from '../lib/twin.ts';
import { isExact } from '../lib/written.ts';
import { useAgain } from './again.ts';
import { serverNow } from './clock.ts';
import { words } from './language.ts';
import { problemText } from './problem.ts';
import { type Resource, useResource } from './resource.ts';
import { say } from './toast.ts';

const PAUSE_MS = 80;

export function useDesired(twin: string): Resource<Record<string, Desired>> {
  const found = useResource(`desired ${twin}`, (stop) => readDesired(twin, stop));
  useAgain(twin, PAUSE_MS, found.reload, (change) => change.twin === twin && (change.desired !== undefined || change.desiredStatus !== undefined));
  return found;
}

export function useCommands(twin: string): Resource<CommandPage> {
  const found = useResource(`commands ${twin}`, (stop) => listCommands(twin, stop));
  useAgain(twin, PAUSE_MS, found.reload, (change) => change.twin === twin && change.command !== undefined);
  return found;
}

/** A value, and when the wish for it ends, if it does. */
export type Want = Pick<Desired, 'value' | 'expires'>;

/** Wishes a value, or with undefined takes the wish back; what was wished for before, until when it was, is one click
 *  away, unless its number was rounded while it was read. */
export async function setDesired(twin: string, name: string, label: string, value: Json | undefined, before: Want | undefined, expirySeconds = ''): Promise<string> {
  const answer = await wish(twin, patchOf(name, value ?? null), value === undefined ? '' : expirySeconds);
  if (!answer.ok) return problemText(answer.error);
  const w = words.peek();
  const now: Want | undefined = value === undefined ? undefined : { value, expires: expirySeconds ? new Date(serverNow() + Number(expirySeconds) * 1000).toISOString() : null };
  const run = () => void setDesired(twin, name, label, before?.value, now, secondsLeft(before, serverNow())).then((problem) => problem && say({ text: problem, problem: true }));
  say({ text: value === undefined ? w.wishTaken(label) : w.wished(label), problem: false, ...(before && !isExact(before.value) ? {} : { action: { label: w.undo, run } }) });
  return '';
}

/** Of a wish that ended already the shortest time: it ends again at once. */
function secondsLeft(want: Want | undefined, at: number): string {
  const ends = instant(want?.expires);
  return ends === undefined ? '' : String(Math.max(1, Math.ceil((ends - at) / 1000)));
}
