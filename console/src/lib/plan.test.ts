// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepOf } from './plan.ts';

test('a numbered step is called by its operator', () => {
  assert.deepEqual(stepOf({ step: 1, operator: 'seek', detail: 'T by $dtId, ids: 1' }), { what: 'seek', rest: [['detail', 'T by $dtId, ids: 1']] });
});

test('whatever else comes is kept', () => {
  assert.deepEqual(stepOf({ step: 'Filter', rows: 12, note: null }), { what: 'Filter', rest: [['rows', 12]] });
  assert.deepEqual(stepOf({ a: 1, b: 'scan' }), { what: 'scan', rest: [['a', 1]] });
  assert.deepEqual(stepOf('scan'), { what: 'scan', rest: [] });
  assert.deepEqual(stepOf({ a: 1 }), { what: '', rest: [['a', 1]] });
});
