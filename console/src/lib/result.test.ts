// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemOf } from './result.ts';

test("the server's own sentence is kept, in both of its shapes", () => {
  assert.equal(problemOf(404, { title: 'not found', detail: "no twin 'x'", code: 'not_found' }).detail, "no twin 'x'");
  const azure = problemOf(400, { error: { code: 'ValidationFailed', message: 'power is not a number' } });
  assert.deepEqual([azure.code, azure.detail], ['ValidationFailed', 'power is not a number']);
});

test('an answer that says nothing still has a sentence', () => {
  assert.equal(problemOf(502, undefined).detail, 'HTTP 502');
});
