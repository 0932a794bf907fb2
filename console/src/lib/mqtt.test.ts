// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectPacket, messageOf, PacketReader, pingPacket, subscribePacket, takes } from './mqtt.ts';

const bytes = (...values: number[]) => new Uint8Array(values);

test('packets are written as the standard says', () => {
  assert.deepEqual([...connectPacket('a', 'u', 'p', 30)], [0x10, 19, 0, 4, 77, 81, 84, 84, 4, 0xc2, 0, 30, 0, 1, 97, 0, 1, 117, 0, 1, 112]);
  assert.deepEqual([...subscribePacket(1, '#')], [0x82, 6, 0, 1, 0, 1, 35, 0]);
  assert.deepEqual([...pingPacket()], [0xc0, 0]);
  const long = connectPacket('a', 'u', 'x'.repeat(200), 30);
  assert.equal(long[1]! & 127 | long[2]! << 7, long.length - 3);
});

test('packets come whole, however their bytes are cut', () => {
  const sent = bytes(0x20, 2, 0, 0, 0x31, 6, 0, 1, 116, 104, 105, 33, 0xd0, 0);
  for (let size = 1; size <= sent.length; size++) {
    const reader = new PacketReader();
    const got = [];
    for (let at = 0; at < sent.length; at += size) got.push(...reader.push(sent.slice(at, at + size)));
    assert.deepEqual(got.map((p) => p.type), [2, 3, 13], `cut into ${size}`);
    const message = messageOf(got[1]!);
    assert.deepEqual([message.topic, new TextDecoder().decode(message.payload), message.retained], ['t', 'hi!', true]);
  }
});

test('what is no packet is refused', () => {
  assert.throws(() => new PacketReader().push(bytes(0x30, 255, 255, 255, 255)));
  assert.throws(() => new PacketReader().push(bytes(0x30, 255, 255, 255, 127)));
});

test('a filter takes the topics that it means', () => {
  assert.ok(takes('#', 'a/b') && takes('a/+/c', 'a/b/c') && takes('a/#', 'a/b/c') && takes('a/#', 'a') && takes('a/b', 'a/b'));
  assert.ok(!takes('a/+', 'a/b/c') && !takes('a/b', 'a/c') && !takes('a/b/c', 'a/b'));
});
