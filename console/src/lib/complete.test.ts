// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete, namesIn } from './complete.ts';

const documents = new Map<string, unknown>([
  ['dtmi:t:Drive;1', { contents: [{ '@type': 'Property', name: 'rate', schema: 'double' }, { '@type': 'Command', name: 'stop' }] }],
  ['dtmi:t:Tank;1', { contents: [{ '@type': 'Property', name: 'level', schema: 'integer' }] }],
]);
/** `|` is where the cursor stands. */
const at = (text: string) => {
  const found = complete(text.replace('|', ''), text.indexOf('|'), documents)!;
  return { from: found.from, texts: found.choices.map((c) => c.text) };
};

test('at the beginning of a word: names, keywords, functions', () => {
  const { from, texts } = at('SELECT * FROM DIGITALTWINS T WH|');
  assert.equal(from, 29);
  assert.ok(texts.includes('WHERE') && texts.includes('IS_OF_MODEL') && texts[0] === 'T');
});

test('behind a name and a dot: what its model has, and no commands', () => {
  assert.deepEqual(at('SELECT * FROM DIGITALTWINS T WHERE T.|').texts.slice(0, 3), ['level', 'rate', '$dtId']);
  assert.deepEqual(at("SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:t:Drive;1') AND T.r|").texts.slice(0, 2), ['rate', '$dtId']);
});

test('inside quotes: models', () => {
  assert.deepEqual(at("WHERE IS_OF_MODEL('dtmi|").texts, ['dtmi:t:Drive;1', 'dtmi:t:Tank;1']);
});

test('names are found in FROM, JOIN and MATCH', () => {
  assert.deepEqual(namesIn('FROM DIGITALTWINS unit JOIN drive RELATED unit.contains rel WHERE'), ['unit', 'drive', 'rel']);
  assert.deepEqual(namesIn('FROM DIGITALTWINS MATCH (a)-[r:feeds*1..3]->(b) WHERE'), ['a', 'r']);
  assert.deepEqual(namesIn('FROM DIGITALTWINS WHERE'), []);
});
