// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentsOf, languagesOf, schemaText } from './contents.ts';
import { families } from './families.ts';

const documents = new Map<string, unknown>([
  ['dtmi:t:Asset;1', { contents: [{ '@type': 'Property', name: 'serial', schema: 'string', displayName: { en: 'Serial', 'zh-Hans': '序列号' } }] }],
  ['dtmi:t:Drive;1', {
    extends: 'dtmi:t:Asset;1', displayName: { en: 'Drive', de: 'Antrieb' },
    contents: [
      { '@type': ['Property', 'Velocity'], name: 'speed', schema: 'double', unit: 'metrePerSecond', writable: true },
      { '@type': 'Relationship', name: 'feeds', target: 'dtmi:t:Asset;1' },
    ],
  }],
]);

test('its own contents come first, inherited ones tell from whom', () => {
  const rows = contentsOf('dtmi:t:Drive;1', documents, families(documents));
  assert.deepEqual(rows.map((r) => [r.kind, r.name, r.from]), [
    ['Property', 'speed', undefined], ['Relationship', 'feeds', undefined], ['Property', 'serial', 'dtmi:t:Asset;1'],
  ]);
  assert.deepEqual([rows[0]?.unit, rows[0]?.writable, rows[1]?.model], ['metrePerSecond', true, 'dtmi:t:Asset;1']);
});

test('a schema is said in a few words', () => {
  assert.equal(schemaText({ '@type': 'Array', elementSchema: 'double' }), 'array of double');
  assert.equal(schemaText({ '@type': 'Enum', enumValues: [{ name: 'on' }, { name: 'off' }] }), 'enum (on, off)');
  assert.equal(schemaText('dtmi:t:state;1', [{ '@id': 'dtmi:t:state;1', '@type': 'Object', fields: [{ name: 'a' }] }]), 'object (a)');
  assert.equal(schemaText('dtmi:standard:schema:geospatial:point;3'), 'point');
});

test('the languages of a model are those of its names', () => {
  assert.deepEqual(languagesOf(documents.get('dtmi:t:Drive;1')), ['en', 'de']);
  assert.deepEqual(languagesOf(documents.get('dtmi:t:Asset;1')), ['en', 'zh-Hans']);
});
