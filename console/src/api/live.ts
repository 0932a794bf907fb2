// SPDX-License-Identifier: Apache-2.0
// Follows the change stream: reads, resumes by Last-Event-ID, and says when the server is lost. A
// stream that is silent for longer than two heartbeats is lost, whatever the socket believes.
import { type Problem, problemOf } from '../lib/result.ts';
import { EventReader, type ServerEvent } from '../lib/sse.ts';
import { headers } from './http.ts';

export interface Follower {
  opened(): void;
  event(event: ServerEvent): void;
  /** Anything at all arrived, a heartbeat too. */
  heard(): void;
  lost(problem: Problem, retryAt: number): void;
}

const SILENCE_MS = 12_000;
const BACKOFF_MS = [1000, 2000, 5000, 10_000];

export class LiveStream {
  #twins: readonly string[];
  #follower: Follower;
  #stop = new AbortController();
  #lastId = '';
  #tries = 0;
  #wake: (() => void) | undefined;

  constructor(twins: readonly string[], follower: Follower) {
    this.#twins = twins;
    this.#follower = follower;
    void this.#run();
  }

  close(): void {
    this.#stop.abort();
    this.#wake?.();
  }

  /** Ends a wait between two tries. */
  retryNow(): void {
    this.#tries = 0;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const problem = await this.#once();
      if (this.#stop.signal.aborted) return;
      const wait = BACKOFF_MS[Math.min(this.#tries++, BACKOFF_MS.length - 1)]!;
      this.#follower.lost(problem, Date.now() + wait);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wake = () => (clearTimeout(timer), resolve());
      });
      this.#wake = undefined;
    }
  }

  /** One connection, from its request to its end; always ends with a reason. */
  async #once(): Promise<Problem> {
    const connection = new AbortController();
    const end = () => connection.abort();
    this.#stop.signal.addEventListener('abort', end);
    let watchdog = setTimeout(end, SILENCE_MS);
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(end, SILENCE_MS);
      this.#follower.heard();
    };
    try {
      const query = this.#twins.length > 0 ? '?twins=' + this.#twins.map(encodeURIComponent).join(',') : '';
      const response = await fetch(`/api/v1/stream${query}`, {
        credentials: 'same-origin', cache: 'no-store', signal: connection.signal,
        headers: { ...headers('GET'), Accept: 'text/event-stream', ...(this.#lastId ? { 'Last-Event-ID': this.#lastId } : {}) },
      });
      if (!response.ok || !response.body) return problemOf(response.status, await response.json().catch(() => undefined));
      this.#tries = 0;
      this.#follower.opened();
      heard();
      await this.#read(response.body, heard);
    } catch {
      // Falls through: a broken connection and an aborted one end alike.
    } finally {
      clearTimeout(watchdog);
      connection.abort();
      this.#stop.signal.removeEventListener('abort', end);
    }
    return { status: 0, code: 'unreachable', title: '', detail: '' };
  }

  async #read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const events = new EventReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      for (const event of events.push(decoder.decode(value, { stream: true }))) {
        if (event.id) this.#lastId = event.id;
        this.#follower.event(event);
      }
    }
  }
}
