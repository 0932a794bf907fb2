// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moodOf, orderLine } from './line.ts';

const buffers = new Set(['b1', 'b2']);

test('units stand in the order in which they feed each other, with the buffer between', () => {
  const got = orderLine(['c', 'a', 'b'], buffers, [['a', 'b1'], ['b1', 'b'], ['b', 'b2'], ['b2', 'c']]);
  assert.deepEqual(got, [{ unit: 'a', buffer: 'b1' }, { unit: 'b', buffer: 'b2' }, { unit: 'c', buffer: undefined }]);
});

test('units may feed each other without a buffer', () => {
  assert.deepEqual(orderLine(['y', 'x'], buffers, [['x', 'y']]).map((s) => s.unit), ['x', 'y']);
});

test('a loop and a stranger do not hang it or lose a unit', () => {
  const got = orderLine(['a', 'b', 'lonely'], new Set(), [['a', 'b'], ['b', 'a']]);
  assert.deepEqual(got.map((s) => s.unit).sort(), ['a', 'b', 'lonely']);
});

test('slow is running with cycles a tenth too long', () => {
  assert.equal(moodOf('running', 1.05, 1), 'running');
  assert.equal(moodOf('running', 1.2, 1), 'slow');
  assert.equal(moodOf('stopped', 1.2, 1), 'standing');
  assert.equal(moodOf('starved', 0, 0), 'waiting');
  assert.equal(moodOf(undefined, 1, 1), 'unknown');
});
