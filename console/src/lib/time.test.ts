// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageOf, instant, Skew, ticks } from './time.ts';

const at = (seconds: number) => ageOf(0, seconds * 1000);

test('an age gets coarser as it grows', () => {
  assert.deepEqual(at(0.62), { unit: 'second', value: 0.6, digits: 1 });
  assert.deepEqual(at(12.4), { unit: 'second', value: 12, digits: 0 });
  assert.deepEqual(at(59.9), { unit: 'second', value: 59, digits: 0 });
  assert.deepEqual(at(60), { unit: 'minute', value: 1 });
  assert.deepEqual(at(3 * 3600 + 17 * 60), { unit: 'hour', value: 3, minutes: 17 });
  assert.deepEqual(at(50 * 3600), { unit: 'day', value: 2 });
});

test('an instant ahead of the clock is now, not a negative age', () => {
  assert.deepEqual(ageOf(5000, 0), { unit: 'second', value: 0, digits: 1 });
});

test('an instant with nanoseconds is read, a word is not', () => {
  assert.equal(instant('2026-05-14T13:04:18.123456789Z'), Date.UTC(2026, 4, 14, 13, 4, 18, 123));
  assert.equal(instant('yesterday'), undefined);
  assert.equal(instant(null), undefined);
});

test('ticks are round and no more than asked for', () => {
  const from = Date.UTC(2026, 4, 14, 12, 3);
  const got = ticks(from, from + 3_600_000, 6);
  assert.ok(got.length > 2 && got.length <= 7);
  for (const t of got) assert.equal(t % 600_000, 0);
});

test('a clock that is off is corrected by the best observation, a small difference is not', () => {
  const skew = new Skew();
  assert.equal(skew.ms, 0);
  skew.observe(10_000, 10_400);
  assert.equal(skew.ms, 0);
  const far = new Skew();
  far.observe(100_000, 40_900);
  far.observe(101_000, 41_200);
  assert.equal(far.ms, 59_800);
});
