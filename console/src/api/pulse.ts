// SPDX-License-Identifier: Apache-2.0
// Whether the server is there, while nothing is looked at that a stream would carry.
import type { Problem } from '../lib/result.ts';
import { readSession } from './session.ts';

export const PULSE_MS = 5000;

interface Follower {
  opened(): void;
  heard(): void;
  lost(problem: Problem): void;
}

/** Asks every few seconds, and says what a stream would say: opened, heard, lost. */
export class Pulse {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #open = false;

  constructor(readonly follower: Follower, readonly ms = PULSE_MS) {
    void this.#beat();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
  retryNow(): void {
    clearTimeout(this.#timer);
    if (!this.#closed) void this.#beat();
  }

  async #beat(): Promise<void> {
    const answer = await readSession();
    if (this.#closed) return;
    if (answer.ok) {
      if (!this.#open) this.follower.opened();
      this.follower.heard();
    } else this.follower.lost(answer.error);
    this.#open = answer.ok;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#beat(), this.ms);
  }
}
