// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Heard, KEPT_MAX, newestThatFit, SIZE_MAX, type Topics, TOPICS_MAX, TRIED_BYTES_MAX, withHeard } from './heard.ts';

const heard = (topic: string, at: number, payload: string): Heard => ({ topic, at, payload });
const all = (messages: readonly Heard[], sizeMax?: number): Topics => messages.reduce((topics, one) => withHeard(topics, one, sizeMax), new Map() as Topics);
const count = (topics: Topics) => [...topics.values()].reduce((sum, of) => sum + of.length, 0);

test('of each topic the newest are kept, and further topics are not begun', () => {
  const many = all(Array.from({ length: KEPT_MAX + 5 }, (_, i) => heard('a', i, String(i))));
  assert.deepEqual([many.get('a')!.length, many.get('a')![0]!.payload], [KEPT_MAX, '5']);
  const topics = all(Array.from({ length: TOPICS_MAX + 1 }, (_, i) => heard(`t${i}`, i, 'x')));
  assert.deepEqual([topics.size, topics.has(`t${TOPICS_MAX}`)], [TOPICS_MAX, false]);
});

test('of all together what fits: at the limit all, one past it the oldest goes, of whatever topic', () => {
  const four = [heard('a', 1, 'xx'), heard('b', 2, 'xx'), heard('a', 3, 'xx'), heard('b', 4, 'xx')];
  assert.equal(count(all(four, 8)), 4);
  const less = all(four, 7);
  assert.deepEqual([...less.values()].flat().map((one) => one.at).sort(), [2, 3, 4]);
  assert.ok(!all([heard('a', 1, 'xx'), heard('b', 2, 'xxx')], 4).has('a'), 'a topic of which nothing is left');
  assert.equal(count(all([heard('a', 1, 'x'.repeat(9))], 8)), 1, 'what was heard last is there');
});

test('large payloads of many topics stay within the limit', () => {
  const big = 'x'.repeat(1024 * 1024);
  assert.equal(count(all(Array.from({ length: 40 }, (_, i) => heard(`t${i % 7}`, i, big)))), SIZE_MAX / big.length);
});

test('a trial takes the newest that fit into one request, and the very newest in any case', () => {
  const messages = Array.from({ length: 60 }, (_, i) => heard('a', i, '"'.repeat(17 * 1024)));
  const tried = newestThatFit(messages);
  assert.equal(tried[tried.length - 1], messages[59]);
  assert.ok(tried.length > 1 && JSON.stringify(tried.map(({ topic, payload }) => ({ topic, payload }))).length <= TRIED_BYTES_MAX + 1);
  assert.ok(JSON.stringify(messages.slice(-tried.length - 1).map(({ topic, payload }) => ({ topic, payload }))).length > TRIED_BYTES_MAX, 'one more would fit');
  assert.equal(newestThatFit([heard('a', 1, 'x'), heard('a', 2, 'x'.repeat(TRIED_BYTES_MAX))]).length, 1);
  assert.equal(newestThatFit([heard('a', 1, '温'.repeat(300 * 1024 / 3)), heard('a', 2, '温'.repeat(300 * 1024 / 3))]).length, 1, 'bytes, not characters');
  assert.equal(newestThatFit([]).length, 0);
});
