// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone, append, changes, column, empty, numbers, rate, type Series } from './series.ts';

test('a column leaves out rows that say nothing about it', () => {
  assert.deepEqual(column([[1, 5, null], [2, null, 'a'], [3, 6, 'b']], 0), { t: [1, 3], v: [5, 6] });
});

test('a late point goes to its place', () => {
  let s: Series = empty();
  for (const [t, v] of [[10, 1], [30, 3], [20, 2]] as const) s = append(s, t, v, 0);
  assert.deepEqual(s, { t: [10, 20, 30], v: [1, 2, 3] });
});

test('the same instant counts once; of what is old one point stays, so that the line reaches the edge', () => {
  let s: Series = { t: [10, 20, 30], v: [1, 2, 3] };
  s = append(s, 30, 9, 0);
  assert.deepEqual(s.v, [1, 2, 9]);
  s = append(s, 40, 4, 25);
  assert.deepEqual(s.t, [20, 30, 40]);
});

test('points come no denser than the step', () => {
  let s: Series = empty();
  for (let t = 0; t <= 1000; t += 10) s = append(s, t, t, 0, 100);
  assert.ok(s.t.length <= 14);
  assert.equal(s.v[s.v.length - 1], 1000);
});

test('words are steps in the order of the model', () => {
  assert.deepEqual(numbers({ t: [1, 2, 3], v: ['stopped', 'running', 'odd'] }, ['running', 'stopped']).v, [1, 0, 2]);
});

test('a counter gives a rate, nothing before it is known, and survives a reset', () => {
  const counter = { t: [30_000, 90_000, 150_000, 210_000], v: [100, 152, 10, 60] };
  const got = rate(counter, 0, 240_000, 60_000);
  assert.deepEqual(got.t, [60_000, 120_000, 180_000, 240_000]);
  assert.deepEqual(got.v, [null, 52, 10, 50]);
});

test('a counter that is no longer heard has no rate, which is not a rate of 0', () => {
  const counter = { t: [0, 60_000, 120_000], v: [0, 50, 100] };
  assert.deepEqual(rate(counter, 0, 240_000, 60_000, 120_000).v, [50, 50, null, null]);
});

test('a state changes when its value does', () => {
  const got = changes({ t: [1, 2, 3, 4], v: ['running', 'running', 'stopped', 'running'] });
  assert.deepEqual(got.map((c) => [c.time, c.value, c.before]), [[1, 'running', undefined], [3, 'stopped', 'running'], [4, 'running', 'stopped']]);
});

test('a value between two gaps stands alone', () => {
  assert.deepEqual(alone([5, null, 1, 2, null, 7, null, null, 0]), [0, 5, 8]);
  assert.deepEqual([alone([]), alone([3]), alone([3, 4])], [[], [0], []]);
});
