// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field } from './dtdl.ts';
import { level, publishLine, samplePayload, shellWord } from './publish.ts';

const field = (name: string, kind: Field['kind'], schema: string, words: string[] = []): Field =>
  ({ name, kind, schema, label: undefined, description: undefined, unit: undefined, writable: false, request: false, words: words.map((value) => ({ value, label: value })) });

test('an id is one level of a topic, whatever is in it', () => {
  assert.equal(level('hall/2+#$%'), 'hall%2F2%2B%23%24%25');
  assert.equal(level('pump-1'), 'pump-1');
});

test('a shell reads one word and runs nothing', () => {
  assert.equal(shellWord('plx_ab-1'), 'plx_ab-1');
  assert.equal(shellWord("a'; rm $(x)"), "'a'\\''; rm $(x)'");
  assert.equal(shellWord(''), "''");
});

test('the payload is one that the model takes, telemetry first', () => {
  assert.deepEqual(samplePayload([field('serial', 'Property', 'string'), field('state', 'Property', 'Enum', ['running']), field('flow', 'Telemetry', 'double')]), { flow: 21.5 });
  assert.deepEqual(samplePayload([field('serial', 'Property', 'string'), field('speed', 'Property', 'double')]), { speed: 21.5 });
  assert.deepEqual(samplePayload([field('place', 'Property', 'point'), field('on', 'Property', 'boolean')]), { on: true });
  assert.deepEqual(samplePayload([field('motor.rpm', 'Property', 'double')]), {});
});

test('the line is whole', () => {
  assert.equal(publishLine({ host: 'localhost', port: 1883, device: 'd 1', key: 'plx_k', twin: 'a/b', payload: { flow: 21.5 } }),
    `mosquitto_pub -V 5 -h localhost -p 1883 -u 'd 1' -P plx_k -q 1 -t twins/a%2Fb/telemetry -m '{"flow":21.5}'`);
});
