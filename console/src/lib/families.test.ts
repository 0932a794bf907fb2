// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { families, nextVersion, shortName, treeRows, versionOf, withBases, withHeirs } from './families.ts';

const all = families(new Map<string, unknown>([
  ['dtmi:t:Asset;1', { contents: [{ '@type': 'Relationship', name: 'feeds', target: 'dtmi:t:Motor;1' }] }],
  ['dtmi:t:Module;1', { extends: 'dtmi:t:Asset;1' }],
  ['dtmi:t:Drive;1', { extends: ['dtmi:t:Module;1', 'dtmi:t:Other;1'], contents: [{ '@type': 'Component', name: 'motor', schema: 'dtmi:t:Motor;1' }] }],
  ['dtmi:t:Motor;1', {}],
]));
const rows = (open: boolean) => treeRows(all, () => open, shortName).map((r) => `${' '.repeat(r.depth)}${r.part ?? shortName(r.id)}`);

test('the tree shows heirs below their base, and components among them', () => {
  assert.deepEqual(rows(true), ['Asset', ' Module', '  Drive', '   motor', 'Motor']);
  assert.deepEqual(rows(false), ['Asset', 'Motor']);
});

test('who uses a model is known from both sides', () => {
  assert.deepEqual(all.get('dtmi:t:Motor;1')?.partOf, [{ name: 'motor', model: 'dtmi:t:Drive;1' }]);
  assert.deepEqual(all.get('dtmi:t:Motor;1')?.targetOf, [{ name: 'feeds', model: 'dtmi:t:Asset;1' }]);
  assert.deepEqual(withHeirs('dtmi:t:Asset;1', all).map(shortName), ['Asset', 'Module', 'Drive']);
  assert.deepEqual(withBases('dtmi:t:Drive;1', all).map(shortName), ['Drive', 'Module', 'Other', 'Asset']);
});

test('a circle ends', () => {
  const round = families(new Map([['a', { extends: 'b' }], ['b', { extends: 'a' }]]));
  assert.deepEqual(withHeirs('a', round), ['a', 'b']);
  assert.deepEqual(treeRows(round, () => true, shortName), []);
});

test('the next version is the next that is free', () => {
  assert.equal(nextVersion('dtmi:t:Drive;1', (id) => id === 'dtmi:t:Drive;2'), 'dtmi:t:Drive;3');
  assert.equal(nextVersion('dtmi:t:Drive', () => false), 'dtmi:t:Drive;1');
  assert.equal(versionOf('dtmi:t:Drive;1.2'), '1.2');
});
