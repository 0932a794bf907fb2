// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExact, jsonText, numberOf, Written } from './written.ts';

test('what is printed is JSON, as the browser itself prints it', () => {
  for (const value of [null, true, 1.5, 'a"b\n', [], {}, [1, [undefined, null], { a: undefined, b: 'x' }], { 'k"': { deep: [0.1, -3] } }]) {
    assert.equal(jsonText(value), JSON.stringify(value));
  }
});

test('a number is what was typed, whatever a double would make of it', () => {
  assert.equal(jsonText({ count: numberOf('9007199254740993') }), '{"count":9007199254740993}');
  assert.equal(jsonText(numberOf('-18446744073709551615')), '-18446744073709551615');
  assert.equal(jsonText(numberOf(' +0009007199254740993 ')), '9007199254740993');
  assert.equal(jsonText(numberOf('0.12345678901234567890')), '0.12345678901234567890');
  assert.deepEqual([numberOf('21.5'), numberOf('+3'), numberOf('007'), numberOf('1e3')], [21.5, 3, 7, 1000]);
  assert.equal(typeof numberOf('9'.repeat(15)), 'number');
  assert.ok(numberOf('9'.repeat(16)) instanceof Written);
});

test('what was rounded while it was read is known to be', () => {
  assert.ok(isExact([1, 0.1, { a: Number.MAX_SAFE_INTEGER }, 'x', null]));
  assert.ok(!isExact({ a: [9007199254740993] }));
});
