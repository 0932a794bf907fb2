// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from './json-print.ts';
import { formatWhole } from './number.ts';
import { isRecord } from './result.ts';
import { asNumber, isExact, jsonText, numberOf, parseJson, Written } from './written.ts';

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

test('what is read is what was sent, however long its whole numbers are', () => {
  for (const text of ['{"a":9007199254740993,"b":[-18446744073709551615,9007199254740991,1.5e30,0.125]}', '"9007199254740993"',
    '{"a\\"9007199254740993":"say \\"9007199254740993\\", 9007199254740993"}', '9007199254740993', '[]', 'null']) {
    const plain = text.replace('1.5e30', '1.5e+30');
    assert.equal(jsonText(parseJson(text)), plain);
    assert.equal(JSON.stringify(JSON.parse(printJson(parseJson(text)))), JSON.stringify(JSON.parse(text)));
  }
  const read = parseJson('{"a":9007199254740993,"b":9007199254740991}') as Record<string, unknown>;
  assert.ok(read['a'] instanceof Written && !isRecord(read['a']) && isExact(read));
  assert.deepEqual([asNumber(read['a']), asNumber(read['b']), asNumber('7')], [9007199254740992, 9007199254740991, undefined]);
  assert.equal(printJson([read['a']]), '[\n  9007199254740993\n]');
  assert.deepEqual([formatWhole('9007199254740993', 'en'), formatWhole('-18446744073709551615', 'en')], ['9,007,199,254,740,993', '−18,446,744,073,709,551,615']);
  assert.throws(() => parseJson('{"a":9007199254740993'));
});
