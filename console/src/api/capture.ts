// SPDX-License-Identifier: Apache-2.0
// Listens to plain messages by MQTT over WebSocket. MQTT wants a password and the page has none, so a
// reader's token is made for this and deleted when the listening ends; it is kept in memory alone.
import { connectPacket, type Message, messageOf, PacketReader, pingPacket, subscribePacket, Type } from '../lib/mqtt.ts';
import type { Problem } from '../lib/result.ts';
import { headers, request } from './http.ts';

interface Follower {
  /** The id of the token that is in use; told again while it is. */
  using(token: string): void;
  /** It is deleted. */
  done(token: string): void;
  opened(): void;
  message(message: Message): void;
  /** It ended, and not because it was closed. */
  lost(problem: Problem): void;
}
interface Token {
  id: string;
  token: string;
}

const KEEP_ALIVE_S = 30;
const LOST: Problem = { status: 0, code: 'unreachable', title: '', detail: '' };

/** `keepalive`: also when it is the page that ends. One that is not there any more is as good as deleted. */
export async function deleteToken(id: string, done: (id: string) => void): Promise<void> {
  const answer = await fetch(`/api/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE', keepalive: true, credentials: 'same-origin', headers: headers('DELETE') }).catch(() => undefined);
  if (answer && (answer.ok || answer.status === 404)) done(id);
}

export class Capture {
  #socket: WebSocket | undefined;
  #token: string | undefined;
  #closed = false;
  #beat: ReturnType<typeof setInterval> | undefined;
  #leave = () => void this.close();
  #making: Promise<void>;

  constructor(readonly filter: string, readonly follower: Follower) {
    addEventListener('pagehide', this.#leave);
    this.#making = this.#run();
  }

  /** Resolved when the token is deleted, or cannot be. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    removeEventListener('pagehide', this.#leave);
    clearInterval(this.#beat);
    this.#socket?.close(1000);
    if (!this.#token) await this.#making;
    await this.#forget();
  }

  async #forget(): Promise<void> {
    const token = this.#token;
    this.#token = undefined;
    if (token) await deleteToken(token, this.follower.done);
  }

  async #run(): Promise<void> {
    const made = await request<Token>('POST', '/api/v1/tokens', { name: 'console: listening to messages', role: 'reader' });
    if (!made.ok) return this.#end(made.error);
    this.#token = made.value.id;
    this.follower.using(made.value.id);
    if (!this.#closed) this.#listen(made.value.token);
  }

  #listen(token: string): void {
    const socket = (this.#socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/mqtt`, ['mqtt']));
    const reader = new PacketReader();
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(connectPacket(`console-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`, 'console', token, KEEP_ALIVE_S));
    socket.onclose = () => this.#end(LOST);
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      try {
        for (const packet of reader.push(new Uint8Array(data))) this.#take(packet);
      } catch {
        this.#end(LOST);
      }
    };
    this.#beat = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send(pingPacket());
      if (this.#token) this.follower.using(this.#token);
    }, (KEEP_ALIVE_S * 1000) / 2);
  }

  #take(packet: { type: number; flags: number; body: Uint8Array }): void {
    if (packet.type === Type.CONNACK) {
      if (packet.body[1] === 0) this.#socket!.send(subscribePacket(1, this.filter));
      else this.#end(LOST);
    } else if (packet.type === Type.SUBACK) this.follower.opened();
    else if (packet.type === Type.PUBLISH) this.follower.message(messageOf(packet));
  }

  #end(problem: Problem): void {
    if (this.#closed) return;
    void this.close();
    this.follower.lost(problem);
  }
}
