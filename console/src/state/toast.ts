// SPDX-License-Identifier: Apache-2.0
import { signal } from '@preact/signals';

export interface Toast {
  text: string;
  /** Problems stay until they are closed. */
  problem: boolean;
  action?: { label: string; run: () => void };
}

export const toast = signal<Toast | undefined>(undefined);
let timer = 0;

export function say(next: Toast): void {
  clearTimeout(timer);
  toast.value = next;
  if (!next.problem) timer = window.setTimeout(hush, 6000);
}

/** What was done, and what the server notes of it: that stays until it is closed. */
export const sayDone = (text: string, notes: readonly string[] = []): void => say({ text: [text, ...notes.map((note) => `${note}.`)].join(' '), problem: notes.length > 0 });

export function hush(): void {
  clearTimeout(timer);
  toast.value = undefined;
}
