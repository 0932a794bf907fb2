// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongNow } from './sources.ts';

const error = (time: string) => ({ time, code: 'connection.topic', text: 'the broker refuses the topic', cure: 'let it' });
const [before, since, after] = ['2026-11-01T11:59:59.999Z', '2026-11-01T12:00:00Z', '2026-11-01T12:00:00.000000001Z'];

test('of one that is connected what came since is told, and what kept it away is not', () => {
  assert.equal(wrongNow({ state: 'connected', since, error: error(before) }), null);
  assert.equal(wrongNow({ state: 'connected', since, error: error(after) })?.code, 'connection.topic');
  assert.equal(wrongNow({ state: 'connected', since, error: null }), null);
});

test('of one that is not connected the last reason is told, however old', () => {
  for (const state of ['connecting', 'waiting', 'failed', 'off'] as const) assert.equal(wrongNow({ state, since, error: error(before) })?.time, before);
});
