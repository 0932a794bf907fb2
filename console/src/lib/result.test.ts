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

test('the place of what is wrong is known, in both shapes', () => {
  assert.equal(problemOf(400, { detail: "'port' is a whole number", code: 'connection.form', pointer: '/port' }).path, '/port');
  assert.equal(problemOf(400, { error: { code: 'x', message: 'y', details: [{ code: 'dtdl.x', path: '/0/contents', line: 3, column: 4 }] } }).path, '/0/contents');
  assert.ok(!('path' in problemOf(404, { detail: 'nobody' })));
});
