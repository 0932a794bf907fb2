// SPDX-License-Identifier: Apache-2.0
// As much of MQTT 3.1.1 as a page needs to listen: CONNECT, SUBSCRIBE, PINGREQ out; packets in, whole
// however their bytes come. Source: MQTT 3.1.1, sections 2 and 3.

export const Type = { CONNACK: 2, PUBLISH: 3, SUBACK: 9 } as const;

export interface Packet {
  type: number;
  flags: number;
  body: Uint8Array;
}
export interface Message {
  topic: string;
  payload: Uint8Array;
  /** It was kept on its topic, and is not of now. */
  retained: boolean;
}

const PACKET_BYTES_MAX = 1024 * 1024;
type Bytes = Uint8Array<ArrayBuffer>;
const utf8 = new TextEncoder();
const text = (value: string): number[] => {
  const bytes = utf8.encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
};

function packet(first: number, body: readonly number[]): Bytes {
  const head = [first];
  let size = body.length;
  do {
    const low = size & 127;
    size >>= 7;
    head.push(size > 0 ? low | 128 : low);
  } while (size > 0);
  return new Uint8Array([...head, ...body]);
}

/** A clean session with a user name and a password. */
export const connectPacket = (clientId: string, user: string, password: string, keepAliveSeconds: number): Bytes =>
  packet(0x10, [...text('MQTT'), 4, 0xc2, keepAliveSeconds >> 8, keepAliveSeconds & 255, ...text(clientId), ...text(user), ...text(password)]);

/** At most once: who looks can bear to miss one. */
export const subscribePacket = (id: number, filter: string): Bytes => packet(0x82, [id >> 8, id & 255, ...text(filter), 0]);
export const pingPacket = (): Bytes => packet(0xc0, []);

/** Bytes in, whole packets out; throws when they are no packets. */
export class PacketReader {
  #kept = new Uint8Array(0);

  push(bytes: Uint8Array): Packet[] {
    const all = new Uint8Array(this.#kept.length + bytes.length);
    all.set(this.#kept);
    all.set(bytes, this.#kept.length);
    const out: Packet[] = [];
    let at = 0;
    for (;;) {
      const head = sizeAt(all, at + 1);
      if (!head || head.end + head.size > all.length) break;
      out.push({ type: all[at]! >> 4, flags: all[at]! & 15, body: all.slice(head.end, head.end + head.size) });
      at = head.end + head.size;
    }
    this.#kept = all.slice(at);
    return out;
  }
}

/** The size that stands at a place, and where it ends; undefined while it is not all there. */
function sizeAt(bytes: Uint8Array, at: number): { size: number; end: number } | undefined {
  let size = 0;
  for (let i = 0; i < 4; i++) {
    if (at + i >= bytes.length) return undefined;
    size |= (bytes[at + i]! & 127) << (7 * i);
    if (size > PACKET_BYTES_MAX) throw new Error('a packet is too large');
    if (bytes[at + i]! < 128) return { size, end: at + i + 1 };
  }
  throw new Error('a packet has no size');
}

/** What a PUBLISH of QoS 0 says. */
export function messageOf({ flags, body }: Packet): Message {
  const length = (body[0]! << 8) | body[1]!;
  const topic = new TextDecoder().decode(body.subarray(2, 2 + length));
  return { topic, payload: body.slice(2 + length), retained: (flags & 1) !== 0 };
}

/** Whether a filter with + and # takes a topic. */
export function takes(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === '#') return true;
    if (i >= levels.length || (wanted[i] !== '+' && wanted[i] !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}
