// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cureOf, rangeOf, remarksOf, sentenceOf } from './remark.ts';
import { problemOf } from './result.ts';

const cut = (text: string, line: number, column: number) => {
  const { from, to } = rangeOf(text, line, column);
  return text.slice(from, to);
};

test('a place is the word or the string that stands there', () => {
  const text = '{\n  "unit": "degreeCelsius"\n}';
  assert.equal(cut(text, 2, 3), '"unit"');
  assert.equal(cut(text, 2, 11), '"degreeCelsius"');
  assert.equal(cut('SELECT * FORM TWINS', 1, 10), 'FORM');
  assert.equal(cut("WHERE T.a = 'x'", 1, 13), "'x'");
});

test('columns count bytes: 驱动电机 has twelve', () => {
  assert.equal(cut('"zh": "驱动电机", "a": 1', 1, 23), '"a"');
  assert.equal(cut('"😀", "a"', 1, 9), '"a"');
});

test('a place behind the end is the end', () => {
  assert.deepEqual(rangeOf('SELECT', 1, 7), { from: 6, to: 6 });
  assert.deepEqual(rangeOf('a\nb', 9, 9), { from: 3, to: 3 });
});

test('the nearest name is taken from the sentence', () => {
  assert.equal(cureOf("no such schema; did you mean 'double'?"), 'double');
  assert.equal(cureOf('no such schema'), undefined);
  assert.equal(cureOf("expected FROM, found 'FORM'; did you mean FROM?\nSELECT"), 'FROM');
});

test('what stands beside a sentence is not said twice', () => {
  assert.equal(sentenceOf("SQL query parse failed: line 1, column 10: expected FROM\nSELECT * FORM\n         ^"), 'expected FROM');
  assert.equal(sentenceOf('Unit a does not measure b'), 'Unit a does not measure b');
});

test('a refusal of the data plane tells its place and its rule', () => {
  const body = { error: { code: 'SqlQueryError', message: 'no', details: [{ code: 'query.parse', message: 'no', line: 2, column: 5 }] } };
  assert.deepEqual(remarksOf(problemOf(400, body)), [{ line: 2, column: 5, code: 'query.parse', message: 'no' }]);
  assert.deepEqual(remarksOf(problemOf(404, { detail: 'no' })), []);
});
