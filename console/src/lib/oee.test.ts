// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossesOf } from './oee.ts';

test('the losses add up to the planned time, as in the hand-computed shift', () => {
  const kpi = {
    unit: 'filler', availability: 373 / 420, effectiveness: 0.86108, quality: 0.97805, oee: 0.74794,
    plannedBusySeconds: 420 * 60, productionSeconds: 373 * 60, good: 18848, total: 19271, idealCycleSeconds: 1,
  };
  const loss = lossesOf(kpi);
  assert.deepEqual(loss, { good: 18848, rejects: 423, speed: 3109, stops: 2820 });
  assert.equal(loss.good + loss.rejects + loss.speed + loss.stops, 420 * 60);
});
