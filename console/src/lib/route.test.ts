// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRoute, printRoute } from './route.ts';

test('an empty address is the overview', () => {
  assert.deepEqual(parseRoute(''), { view: 'overview', id: '', query: {} });
  assert.equal(printRoute(parseRoute('')), '#/');
});

test('an address comes back as it was, whatever the id contains', () => {
  for (const id of ['filler', 'a/b', 'twin?x=1&y', 'm#1', '灌装机', '100%']) {
    const route = { view: 'twin', id, query: { p: 'motor.temperature', range: '1h' } };
    assert.deepEqual(parseRoute(printRoute(route)), route);
  }
});

test('an empty choice leaves no trace in the address', () => {
  assert.equal(printRoute({ view: 'twin', id: 'x', query: { p: '', range: '1h' } }), '#/twin/x?range=1h');
});

test('a broken escape is kept as text', () => {
  assert.equal(parseRoute('#/twin/100%').id, '100%');
});
