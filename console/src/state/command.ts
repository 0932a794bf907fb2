// SPDX-License-Identifier: Apache-2.0
import { sendCommand } from '../api/twins.ts';
import { problemText } from './problem.ts';
import { words } from './language.ts';
import { say } from './toast.ts';

/** Sends a command and says how it went: applied, or the reason in the plant's or server's words. */
export async function runCommand(twin: string, name: string, label: string): Promise<void> {
  const answer = await sendCommand(twin, name);
  const w = words.peek();
  if (!answer.ok) say({ text: w.commandFailed(label, problemText(answer.error)), problem: true });
  else if (answer.value.status === 'applied') say({ text: w.commandApplied(label), problem: false });
  else if (answer.value.status === 'rejected') say({ text: w.commandRejected(label, reason(answer.value.response)), problem: true });
  else say({ text: w.commandTimedOut(label), problem: true });
}

function reason(response: unknown): string {
  if (response === null || response === undefined) return '';
  return typeof response === 'string' ? response : JSON.stringify(response);
}
