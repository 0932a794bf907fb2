// SPDX-License-Identifier: Apache-2.0
// Messages that a page has heard, by topic, and how many of them it keeps and tries.

export interface Heard {
  topic: string;
  /** When it was heard here. */
  at: number;
  /** Text; of bytes that are none, `base64` and how many they are. */
  payload?: string;
  base64?: string;
  bytes?: number;
}
export type Topics = ReadonlyMap<string, readonly Heard[]>;

export const KEPT_MAX = 60;
export const TOPICS_MAX = 200;
/** Of all payloads together, in characters. */
export const SIZE_MAX = 16 * 1024 * 1024;
/** Of one trial, in bytes: half of what the server takes at once, for the document needs room too. */
export const TRIED_BYTES_MAX = 500 * 1024;

const sizeOf = (one: Heard): number => (one.payload ?? one.base64 ?? '').length;

/** The topics with one more: the newest of each, and of all what fits; the oldest goes first. Further topics are not begun. */
export function withHeard(topics: Topics, one: Heard, sizeMax = SIZE_MAX): Topics {
  const before = topics.get(one.topic) ?? [];
  if (before.length === 0 && topics.size >= TOPICS_MAX) return topics;
  const all = new Map(topics);
  all.set(one.topic, [...before.slice(-(KEPT_MAX - 1)), one]);
  let size = 0;
  for (const heard of all.values()) for (const other of heard) size += sizeOf(other);
  while (size > sizeMax) {
    const oldest = oldestOf(all, one);
    if (!oldest) break;
    const rest = all.get(oldest.topic)!.filter((other) => other !== oldest);
    if (rest.length > 0) all.set(oldest.topic, rest);
    else all.delete(oldest.topic);
    size -= sizeOf(oldest);
  }
  return all;
}

function oldestOf(topics: Topics, but: Heard): Heard | undefined {
  let oldest: Heard | undefined;
  for (const heard of topics.values()) for (const one of heard) if (one !== but && (!oldest || one.at < oldest.at)) oldest = one;
  return oldest;
}

/** The newest that one request holds; the very newest whatever its size, for the server then says what is wrong with it. */
export function newestThatFit(messages: readonly Heard[], bytesMax = TRIED_BYTES_MAX): readonly Heard[] {
  const encoder = new TextEncoder();
  let bytes = 0;
  let first = messages.length;
  while (first > 0) {
    const { topic, payload, base64 } = messages[first - 1]!;
    bytes += encoder.encode(JSON.stringify({ topic, ...(base64 ? { base64 } : { payload: payload ?? '' }) })).length + 1;
    if (bytes > bytesMax && first < messages.length) break;
    first--;
  }
  return messages.slice(first);
}
