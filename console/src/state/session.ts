// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from '@preact/signals';
import { client } from '../api/http.ts';
import { closeSession, openSession, readSession, type Session } from '../api/session.ts';
import type { Problem } from '../lib/result.ts';

/** undefined: not asked yet; null: nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined);
export const sessionProblem = signal<Problem | undefined>(undefined);
export const sessionEnded = signal(false);
/** Whether the role may change things; the server has the last word. */
export const mayWrite = computed(() => session.value?.role === 'admin');

function take(value: Session | null): void {
  client.csrf = value?.csrf ?? '';
  session.value = value;
}

export async function resumeSession(): Promise<void> {
  const answer = await readSession();
  sessionProblem.value = answer.ok || answer.error.status === 401 ? undefined : answer.error;
  if (answer.ok) take(answer.value);
  else if (answer.error.status === 401) take(null);
}

export async function signIn(token: string): Promise<Problem | undefined> {
  const answer = await openSession(token);
  if (!answer.ok) return answer.error;
  sessionEnded.value = false;
  take(answer.value);
  return undefined;
}

/** What must end while the session still may end it. */
export const beforeSignOut = new Set<() => Promise<void>>();

export async function signOut(): Promise<void> {
  await Promise.all([...beforeSignOut].map((end) => end()));
  await closeSession();
  take(null);
}

/** The server no longer knows the session: back to the door, the address stays. */
export function endSession(): void {
  if (!session.value) return;
  sessionEnded.value = true;
  take(null);
}
