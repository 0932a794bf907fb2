// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printJson } from './json-print.ts';

test('short lists and names stay on a line, contents do not', () => {
  const model = { '@id': 'dtmi:t:A;1', displayName: { en: 'Drive', 'zh-Hans': '驱动' }, contents: [{ '@type': ['Property', 'Velocity'], name: 'a', schema: 'double' }], none: [], nil: null };
  assert.equal(printJson(model), `{
  "@id": "dtmi:t:A;1",
  "displayName": { "en": "Drive", "zh-Hans": "驱动" },
  "contents": [
    { "@type": ["Property", "Velocity"], "name": "a", "schema": "double" }
  ],
  "none": [],
  "nil": null
}`);
});

test('what is printed reads as the same', () => {
  const value = [{ a: [{ b: { c: [1, 'x\n', true] } }] }, {}, 'y'.repeat(100)];
  assert.deepEqual(JSON.parse(printJson(value)), value);
});
