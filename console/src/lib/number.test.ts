// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalsOf, formatNumber, ROUND_STEPS } from './number.ts';

test('decimals are those the number was written with', () => {
  assert.equal(decimalsOf(21), 0);
  assert.equal(decimalsOf(21.4), 1);
  assert.equal(decimalsOf(0.1 + 0.2), 1);
  assert.equal(decimalsOf(1 / 3), 3);
  assert.equal(decimalsOf(Number.NaN), 0);
});

test('a number is grouped, padded, and has a real minus', () => {
  assert.equal(formatNumber(1482, 0, 'en'), '1,482');
  assert.equal(formatNumber(4.1, 2, 'en'), '4.10');
  assert.equal(formatNumber(-47, 1, 'en'), '−47.0');
  assert.equal(formatNumber(18848, 0, 'zh-Hans'), '18,848');
});

test('a rounded zero has no sign', () => {
  assert.equal(formatNumber(-0.004, 1, 'en'), '0.0');
});

test('lines of an axis are 1, 2 or 5 apart, never a quarter that its label would round away', () => {
  for (const step of ROUND_STEPS) assert.match(step.toExponential(), /^[125]e/);
  assert.ok(ROUND_STEPS.includes(0.2) && ROUND_STEPS.includes(5) && !ROUND_STEPS.includes(0.25));
  assert.deepEqual([...ROUND_STEPS], [...ROUND_STEPS].sort((a, b) => a - b));
});
