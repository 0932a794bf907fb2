// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bandPath, shareOf, stretches } from './band.ts';
import { moodOf } from './line.ts';

const mood = (value: unknown) => moodOf(value, undefined, undefined);
const series = { t: [10, 20, 30, 40], v: ['running', 'starved', 'running', 'running'] };

test('a state holds until the next one, the last until the end', () => {
  const got = stretches(series, 0, 60, mood);
  assert.deepEqual(got.map((s) => [s.from, s.to, s.mood]), [[10, 20, 'running'], [20, 30, 'waiting'], [30, 60, 'running']]);
});

test('a state does not hold beyond what is known', () => {
  assert.equal(stretches(series, 0, 60, mood, 50).at(-1)?.to, 50);
});

test('what lies outside of the range is cut off', () => {
  assert.deepEqual(stretches(series, 15, 25, mood).map((s) => [s.from, s.to]), [[15, 20], [20, 25]]);
});

test('the share counts known time only', () => {
  assert.equal(shareOf(stretches(series, 0, 60, mood), ['running', 'slow']), 0.8);
  assert.equal(shareOf([], ['running']), undefined);
});

test('a stop too short to see is drawn all the same', () => {
  const parts = stretches({ t: [0, 500_000, 500_001], v: ['running', 'stopped', 'running'] }, 0, 1_000_000, mood);
  assert.equal(bandPath(parts, ['standing'], 0, 1_000_000, 1000, 16), 'M500.0 0.0h0.5v16.0h-0.5z');
});
