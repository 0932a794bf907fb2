// SPDX-License-Identifier: Apache-2.0
import { type CommandAnswer, sendCommand } from '../api/control.ts';
import { words } from './language.ts';
import { problemText } from './problem.ts';
import { say } from './toast.ts';
import { load } from './twins.ts';

/** Sends a command and says how it went: applied, or the reason in the plant's or server's words. */
export async function runCommand(twin: string, name: string, label: string, payload: unknown = {}, timeoutSeconds = 5): Promise<void> {
  const answer = await sendCommand(twin, name, payload, timeoutSeconds);
  if (!answer.ok) {
    say({ text: words.peek().commandFailed(label, problemText(answer.error)), problem: true });
    return;
  }
  say({ text: outcome(answer.value, label), problem: answer.value.status !== 'applied' });
  // What is desired changed too, and the stream tells only what is reported.
  void load(twin);
}

function outcome({ status, response }: CommandAnswer, label: string): string {
  const w = words.peek();
  if (status === 'applied') return w.commandApplied(label);
  return status === 'rejected' ? w.commandRejected(label, reason(response)) : w.commandTimedOut(label);
}

function reason(response: unknown): string {
  if (response === null || response === undefined) return '';
  return typeof response === 'string' ? response : JSON.stringify(response);
}
