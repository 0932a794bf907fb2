// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftOf, patchOf, readDraft, shapeOf } from './shape.ts';
import { jsonText } from './written.ts';

const recipe = shapeOf({
  '@type': 'Object',
  fields: [
    { name: 'name', schema: 'string' }, { name: 'speed', schema: 'double' }, { name: 'count', schema: 'integer' },
    { name: 'mode', schema: 'dtmi:x:Mode;1' }, { name: 'curve', schema: { '@type': 'Array', elementSchema: 'double' } },
  ],
}, [{ '@id': 'dtmi:x:Mode;1', '@type': 'Enum', valueSchema: 'integer', enumValues: [{ name: 'slow', enumValue: 1 }, { name: 'fast', enumValue: 2, displayName: 'Fast' }] }]);

test('a schema becomes a form, its own schemas followed', () => {
  assert.equal(recipe.kind, 'object');
  assert.deepEqual(recipe.kind === 'object' && recipe.parts.map((p) => p.shape.kind), ['string', 'number', 'integer', 'enum', 'json']);
  assert.equal(shapeOf('dateTime').kind, 'datetime-local');
  assert.equal(shapeOf('point').kind, 'json');
});

test('what is written becomes a value of its type', () => {
  assert.deepEqual(readDraft(recipe, { name: 'a', speed: '21.5', count: '3', mode: '2', curve: '[1,2]' }),
    { ok: true, value: { name: 'a', speed: 21.5, count: 3, mode: 2, curve: [1, 2] } });
  assert.deepEqual(readDraft(shapeOf('boolean'), 'true'), { ok: true, value: true });
  assert.deepEqual(readDraft(shapeOf('string'), ''), { ok: true, value: '' });
  assert.deepEqual(readDraft(shapeOf('dateTime'), '2026-11-01T12:00'), { ok: true, value: '2026-11-01T12:00:00Z' });
});

test('what is no such value is told with its place', () => {
  assert.deepEqual(readDraft(recipe, { name: 'a', speed: '1,9oo' }), { ok: false, path: 'speed', text: '1,9oo' });
  assert.deepEqual(readDraft(shapeOf('integer'), '1.5'), { ok: false, path: '', text: '1.5' });
  assert.equal(readDraft(shapeOf('double'), '').ok, false);
  assert.equal(readDraft(shapeOf('point'), '{').ok, false);
});

test('a form begins with what is known', () => {
  assert.deepEqual(draftOf(recipe, { speed: 2, mode: 2 }), { name: '', speed: '2', count: '', mode: '2', curve: '' });
  assert.equal(draftOf(shapeOf('boolean')), 'false');
});

test('a value of a component is patched inside it', () => {
  assert.deepEqual(patchOf('motor.rpm', 5), { motor: { rpm: 5 } });
  assert.deepEqual(patchOf('rpm', null), { rpm: null });
});

/** Opened in the form, and sent as it stands. */
const again = (schema: unknown, value: unknown) => readDraft(shapeOf(schema), draftOf(shapeOf(schema), value));
const written = (schema: unknown, text: string) => {
  const read = readDraft(shapeOf(schema), text);
  return read.ok && jsonText(patchOf('motor.value', read.value));
};

test('a time with an offset is the same instant when it is sent as it stands', () => {
  for (const [value, sent] of [
    ['2026-11-01T12:00:00+02:00', '2026-11-01T10:00:00Z'], ['2026-11-01T00:30:00-05:30', '2026-11-01T06:00:00Z'],
    ['2026-11-01T12:00:00Z', '2026-11-01T12:00:00Z'], ['2026-11-01T12:00:00.250Z', '2026-11-01T12:00:00.250Z'],
  ]) assert.deepEqual(again('dateTime', value), { ok: true, value: sent });
  assert.equal(draftOf(shapeOf('dateTime'), 'yesterday'), '');
});

test('a number with many digits is sent as it was written', () => {
  assert.equal(written('long', '9007199254740993'), '{"motor":{"value":9007199254740993}}');
  assert.equal(written('decimal', '1234567890.1234567890'), '{"motor":{"value":1234567890.1234567890}}');
  assert.equal(written({ '@type': 'Array', elementSchema: 'long' }, '[1, 9007199254740993]'), '{"motor":{"value":[1, 9007199254740993]}}');
});

test('a form does not begin with a number that the browser had to round', () => {
  assert.equal(draftOf(shapeOf('long'), JSON.parse('9007199254740993')), '');
  assert.equal(draftOf(shapeOf({ '@type': 'Array', elementSchema: 'long' }), JSON.parse('[9007199254740993]')), '');
  assert.equal(draftOf(shapeOf('long'), Number.MAX_SAFE_INTEGER), String(Number.MAX_SAFE_INTEGER));
});
