// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongNow } from './sources.ts';

const error = (current: boolean) => ({ time: '2026-11-01T12:00:00Z', current, code: 'connection.topic', text: 'the broker refuses the topic', cure: 'let it' });

test('what is wrong still is told, and what was wrong is not', () => {
  assert.equal(wrongNow({ error: error(true) })?.code, 'connection.topic');
  assert.equal(wrongNow({ error: error(false) }), null);
  assert.equal(wrongNow({ error: null }), null);
});
