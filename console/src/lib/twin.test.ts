// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChange, type Twin, withFreshness } from './twin.ts';

const twin: Twin = {
  id: 'filler', model: 'm', seq: 1, updated: '2026-05-14T13:04:18Z', desired: {},
  values: { power: { value: 4, sourceTime: null, arrivalTime: '2026-05-14T13:04:18Z', quality: 'uncertain', kind: 'telemetry', unit: 'kilowatt' } },
};
const change = (time: string, value: number) => ({ twin: 'filler', time, values: { power: { value } } });

test('a change brings the value, the time and good quality, and keeps the unit', () => {
  const got = applyChange(twin, change('2026-05-14T13:04:18.250Z', 5));
  assert.deepEqual(got.values['power'], {
    value: 5, sourceTime: null, arrivalTime: '2026-05-14T13:04:18.250Z', quality: 'good', kind: 'telemetry', unit: 'kilowatt',
  });
  assert.equal(got.updated, '2026-05-14T13:04:18.250Z');
});

test('a change older than what is known moves nothing back', () => {
  assert.equal(applyChange(twin, change('2026-05-14T13:04:17.900Z', 5)), twin);
});

test('a value never seen before appears', () => {
  const got = applyChange(twin, { twin: 'filler', time: '2026-05-14T13:04:19Z', values: { state: { value: 'running', kind: 'property' } } });
  assert.equal(got.values['state']?.kind, 'property');
});

test('a change that says nothing of values leaves them', () => {
  assert.equal(applyChange(twin, { twin: 'filler', time: '2026-05-14T13:04:19Z', command: { id: '1', name: 'stop', status: 'pending' } }), twin);
});

test('freshness is what the server says, of the values that it speaks of', () => {
  assert.equal(withFreshness(twin, [{ path: 'power', state: 'stale' }, { path: 'gone', state: 'late' }]).values['power']?.freshness, 'stale');
  assert.equal(withFreshness(twin, [{ path: 'power', state: 'unknown' }]).values['power']?.freshness, undefined);
  assert.equal(withFreshness(twin, undefined), twin);
});
