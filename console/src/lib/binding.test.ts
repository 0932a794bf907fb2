// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEPTH_MAX, filterOf, isAt, leavesOf, nameOfField, propose, transformOf, unknownValue, withField } from './binding.ts';
import type { Field } from './dtdl.ts';

const field = (name: string, kind: Field['kind'] = 'Telemetry'): Field =>
  ({ name, kind, schema: 'double', label: undefined, description: undefined, unit: undefined, writable: false, request: false, words: [] });
const payload = { dev: 'pk02', t: 1778756656, d: { vib_um: 3380, amps: 11.87, 'a/b': [1, null] } };

test('every value has its place', () => {
  assert.deepEqual(leavesOf(payload).map((leaf) => leaf.pointer), ['/dev', '/t', '/d/vib_um', '/d/amps', '/d/a~1b/0', '/d/a~1b/1']);
  assert.equal(leavesOf(Array.from({ length: 5000 }, (_, i) => i)).length, 200);
  assert.deepEqual(leavesOf(21.4), [{ pointer: '', value: 21.4 }]);
});

test('a proposal takes what the model knows, and a time', () => {
  const made = propose('packing/pk02/data', payload, 'pk-02', [field('amps'), field('vibUm'), field('rpm'), field('dev', 'Command')]);
  assert.deepEqual(made, {
    source: { mqtt: 'packing/pk02/data' }, twin: 'pk-02', time: { from: '/t' },
    fields: [{ from: '/d/vib_um', to: 'vibUm' }, { from: '/d/amps', to: 'amps' }],
  });
  assert.deepEqual(propose('a', { t: 'blue', amps: 1 }, 'x', [field('amps'), field('t')])['time'], undefined);
});

test('a field is found by pointer and by name', () => {
  assert.ok(isAt('/d/amps', '/d/amps') && isAt('temp', '/temp') && isAt('a/b', '/a~1b') && !isAt('amps', '/d/amps'));
  assert.equal(nameOfField({ from: '/mode' }), '/mode');
  assert.equal(nameOfField({ from: '/mode', name: 'mode' }), 'mode');
});

test('what happens to a value is said in a few words', () => {
  assert.deepEqual(transformOf({ scale: 0.001, offset: 2, values: { 0: 'idle', 1: 'running' } }), ['× 0.001', '+ 2', '0→idle 1→running']);
  assert.deepEqual(transformOf({ formula: 'u * i' }), ['u * i']);
});

test('fields are changed, added and taken out, and nothing else is touched', () => {
  const document = { source: { mqtt: 'a' }, when: 'x > 1', fields: [{ from: '/a', to: 'a' }] };
  assert.deepEqual(withField(document, 0, { from: '/a', to: 'b', unit: '' }), { ...document, fields: [{ from: '/a', to: 'b' }] });
  assert.deepEqual(withField(document, 1, { from: '/c' }).fields, [{ from: '/a', to: 'a' }, { from: '/c' }]);
  assert.deepEqual(withField(document, 0, undefined).fields, []);
});

test('a source is heard by the filter that it means', () => {
  assert.equal(filterOf('factory/{line}/{machine}/data'), 'factory/+/+/data');
  assert.equal(filterOf('a/+/#'), 'a/+/#');
});

test('the value that was not known is read from the sentence', () => {
  assert.equal(unknownValue("'values' does not know '2'"), '2');
  assert.equal(unknownValue('the number is no time of this form'), undefined);
});

test('of what is nested deeper than the server reads nothing is offered, and nothing breaks', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + '1' + ']'.repeat(depth));
  assert.equal(leavesOf(nested(DEPTH_MAX)).length, 1);
  assert.equal(leavesOf(nested(DEPTH_MAX + 1)).length, 0);
  assert.equal(leavesOf(nested(100_000)).length, 0);
});
