// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en.ts';
import { zh } from './zh.ts';

/** Calls an entry with something for every argument, so that its sentence can be looked at. */
function sentence(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  if (entry === en.list || entry === zh.list) return en.views + zh.views;
  if (typeof entry !== 'function') return Object.values(entry as object).join(' ');
  const age = { unit: 'hour', value: 3, minutes: 17 };
  return String(entry === en.age || entry === zh.age ? entry(age as never) : (entry as (...a: unknown[]) => unknown)(2, 5, 'Filler', 'x'));
}

// What is the same in every language: a symbol, an abbreviation, the name of the other language.
const SAME = new Set(['oee', 'otherLanguage', 'toOtherLanguage', 'changed', 'role', 'quality', 'freshnessOf', 'shown', 'order', 'list', 'perMinute', 'commandFailed', 'kinds', 'planSteps', 'problemWith']);

test('every sentence of one language exists in the other', () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
});

test('the Chinese is Chinese and the English is not', () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    if (SAME.has(key)) continue;
    const inChinese = /\p{Script=Han}/u;
    assert.ok(inChinese.test(sentence(zh[key])) || key === 'lowToHigh', `zh.${key}: ${sentence(zh[key])}`);
    assert.ok(!inChinese.test(sentence(en[key])), `en.${key}: ${sentence(en[key])}`);
  }
});

test('Chinese sentences use full-width punctuation', () => {
  for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
    const text = sentence(zh[key]);
    assert.ok(!/\p{Script=Han}\s*[,.;?!](?!\d)/u.test(text), `zh.${key}: ${text}`);
  }
});

test('one is singular, more are plural', () => {
  assert.equal(en.twinCount(1), '1 twin');
  assert.equal(en.twinCount(412), '412 twins');
  assert.equal(zh.twinCount(412), '412 个孪生体');
});

test('an age is written as the language writes it', () => {
  assert.equal(en.age({ unit: 'second', value: 0.6, digits: 1 }), '0.6 s');
  assert.equal(zh.age({ unit: 'hour', value: 3, minutes: 17 }), '3 小时 17 分');
});

test('what does not run is told apart from what only waits for it', () => {
  assert.equal(en.plantStands(1, 4, 5, 'Robot cell'), 'Robot cell does not run, 4 of 5 wait');
  assert.equal(en.plantStands(1, 0, 5, 'Robot cell'), 'Robot cell does not run, 4 of 5 do');
  assert.equal(en.plantStands(2, 1, 5, 'CNC'), '2 of 5 work units do not run, 1 wait');
  assert.equal(en.plantWaits(1, 5, 'Packer'), 'Packer waits, 4 of 5 run');
  assert.equal(zh.plantWaits(2, 5, '包装机'), '5 个工作单元中有 2 个在等待');
});
