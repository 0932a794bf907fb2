// SPDX-License-Identifier: Apache-2.0
import { type CallOptions, type CommandAnswer, giveCommand, sendCommand } from '../api/control.ts';
import type { Change } from '../lib/twin.ts';
import { jsonText } from '../lib/written.ts';
import { words } from './language.ts';
import { onChange } from './link.ts';
import { problemText } from './problem.ts';
import { say } from './toast.ts';
import { load } from './twins.ts';

const OPEN = new Set(['pending', 'delivered']);
/** Calls of this page that nobody waits for, by twin and id, and what they are called. */
const awaited = new Map<string, string>();
/** Ends that were told while a call was under way, whose id is not known before its answer: a device may be faster. */
const early = new Map<string, NonNullable<Change['command']>>();
let underWay = 0;
const keyOf = (twin: string, id: string) => `${twin}\n${id}`;

/** Sends a command and says how it went: applied, or the reason in the plant's or server's words. */
export async function runCommand(twin: string, name: string, label: string): Promise<void> {
  const answer = await sendCommand(twin, name);
  if (!answer.ok) return say({ text: words.peek().commandFailed(label, problemText(answer.error)), problem: true });
  tell(answer.value.status, answer.value.response, label);
  // What is desired changed too, and the stream tells only what is reported.
  void load(twin);
}

/** Gives a command and waits for nothing; the sentence is why it was refused, '' when it was not. How it ends is said then. */
export async function callCommand(twin: string, name: string, label: string, payload: unknown, options: CallOptions): Promise<string> {
  underWay++;
  const answer = await giveCommand(twin, name, payload, options);
  const ended = answer.ok ? early.get(keyOf(twin, answer.value.id)) : undefined;
  if (--underWay === 0) early.clear();
  if (!answer.ok) return problemText(answer.error);
  if (ended) tell(ended.status, ended.response, label);
  else if (OPEN.has(answer.value.status)) {
    awaited.set(keyOf(twin, answer.value.id), label);
    if (options.expiry) say({ text: words.peek().commandWaits(label), problem: false });
  } else tell(answer.value.status, answer.value.response, label);
  return '';
}

onChange((change: Change) => {
  const { command } = change;
  if (!command || OPEN.has(command.status)) return;
  const label = awaited.get(keyOf(change.twin, command.id));
  if (underWay > 0) early.set(keyOf(change.twin, command.id), command);
  if (label === undefined) return;
  awaited.delete(keyOf(change.twin, command.id));
  tell(command.status, command.response, label);
});

function tell(status: CommandAnswer['status'] | string, response: unknown, label: string): void {
  const w = words.peek();
  const text = status === 'applied' ? w.commandApplied(label) : status === 'rejected' ? w.commandRejected(label, reason(response))
    : status === 'expired' ? w.commandExpired(label) : w.commandTimedOut(label);
  say({ text, problem: status !== 'applied' });
}

function reason(response: unknown): string {
  if (response === null || response === undefined) return '';
  return typeof response === 'string' ? response : jsonText(response);
}
