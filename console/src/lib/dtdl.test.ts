// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, references } from './dtdl.ts';
import { pick } from './language.ts';

const documents = new Map<string, unknown>([
  ['dtmi:x:Machine;1', {
    '@id': 'dtmi:x:Machine;1', '@type': 'Interface', displayName: 'Machine',
    contents: [{ '@type': ['Telemetry', 'Power'], name: 'power', schema: 'double', unit: 'kilowatt', displayName: { en: 'Power', 'zh-Hans': '功率' } }],
  }],
  ['dtmi:x:Motor;1', { '@id': 'dtmi:x:Motor;1', contents: [{ '@type': 'Property', name: 'temperature', schema: 'double' }] }],
  ['dtmi:x:Filler;1', {
    '@id': 'dtmi:x:Filler;1', '@type': 'Interface', extends: 'dtmi:x:Machine;1', displayName: { en: 'Filler', 'zh-Hans': '灌装机' },
    schemas: [{ '@id': 'dtmi:x:State;1', '@type': 'Enum', enumValues: [{ name: 'running', enumValue: 'running', displayName: { en: 'Running' } }] }],
    contents: [
      { '@type': 'Property', name: 'state', schema: 'dtmi:x:State;1' },
      { '@type': 'Property', name: 'run', schema: 'boolean', writable: true },
      { '@type': 'Component', name: 'motor', schema: 'dtmi:x:Motor;1' },
      { '@type': 'Command', name: 'stop' },
      { '@type': 'Command', name: 'setRecipe', request: { name: 'recipe', schema: 'string' } },
    ],
  }],
]);

test('an interface has what it inherits and what its components have', () => {
  const filler = describe('dtmi:x:Filler;1', documents)!;
  assert.deepEqual([...filler.fields.keys()], ['power', 'state', 'run', 'motor', 'motor.temperature', 'stop', 'setRecipe']);
  assert.equal(filler.fields.get('power')?.unit, 'kilowatt');
  assert.equal(filler.fields.get('run')?.writable, true);
  assert.equal(filler.fields.get('stop')?.request, false);
  assert.equal(filler.fields.get('setRecipe')?.request, true);
  assert.deepEqual(filler.fields.get('state')?.words.map((w) => w.value), ['running']);
});

test('names come in the language of the reader, else in the nearest', () => {
  const filler = describe('dtmi:x:Filler;1', documents)!;
  assert.equal(pick(filler.label, 'zh-Hans'), '灌装机');
  assert.equal(pick({ zh: '机', en: 'm' }, 'zh-Hans'), '机');
  assert.equal(pick({ fr: 'machine' }, 'en'), 'machine');
  assert.equal(pick('Plain', 'zh-Hans'), 'Plain');
});

test('bases and components are what must be fetched too', () => {
  assert.deepEqual(references(documents.get('dtmi:x:Filler;1')), ['dtmi:x:Machine;1', 'dtmi:x:Motor;1']);
});

test('a loop of bases ends', () => {
  const loop = new Map<string, unknown>([['a', { extends: 'b', contents: [] }], ['b', { extends: 'a', contents: [] }]]);
  assert.equal(describe('a', loop)?.fields.size, 0);
});
