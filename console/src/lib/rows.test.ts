// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csv, tabulate } from './rows.ts';
import { parseJson } from './written.ts';

const twin = (id: string, more: object) => ({ $dtId: id, $etag: 'W/"1"', $metadata: { $model: 'dtmi:t:A;1' }, ...more });

test('a twin is spread into its properties, with its model and without its etag', () => {
  const table = tabulate([twin('a', { speed: 1 }), twin('b', { speed: 2.5, on: true })]);
  assert.deepEqual(table.columns, ['$dtId', '$model', 'speed', 'on']);
  assert.deepEqual([...table.numbers], ['speed']);
  assert.deepEqual(tabulate([{ T: twin('a', { speed: 1 }) }]).columns, ['$dtId', '$model', 'speed']);
});

test('two twins in a row stay two cells', () => {
  assert.deepEqual(tabulate([{ T: twin('a', {}), U: twin('b', {}) }]).columns, ['T', 'U']);
  assert.deepEqual(tabulate([{ COUNT: 3 }]).rows, [{ COUNT: 3 }]);
});

test('a long number is a number of its column, and whole in the CSV', () => {
  const table = tabulate(parseJson('[{"n":9007199254740993},{"n":1}]') as unknown[]);
  assert.deepEqual([...table.numbers], ['n']);
  assert.equal(csv(table), 'n\r\n9007199254740993\r\n1\r\n');
});

test('a table is written as CSV, and no text becomes a formula', () => {
  assert.equal(csv(tabulate([{ a: 'x,"y"', b: -1 }, { a: '=1+1', b: null }])), 'a,b\r\n"x,""y""",-1\r\n\'=1+1,\r\n');
});
