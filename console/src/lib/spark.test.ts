// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spark } from './spark.ts';

const box = { width: 105, height: 26, from: 0, to: 100, gap: 30 };
const pens = (path: string) => path.split('M').length - 1;

test('a silence breaks the line', () => {
  assert.equal(pens(spark([0, 20, 40], [1, 2, 3], box).path), 1);
  assert.equal(pens(spark([0, 20, 80, 100], [1, 2, 3, 4], box).path), 2);
});

test('a null breaks the line', () => {
  assert.equal(pens(spark([0, 20, 40], [1, null, 3], box).path), 2);
});

test('the line stays inside its box', () => {
  const { path } = spark([0, 50, 100], [-1e9, 0, 1e9], box);
  for (const [x, y] of [...path.matchAll(/[ML](\S+) (\S+?)(?=[ML]|$)/g)].map((m) => [Number(m[1]), Number(m[2])])) {
    assert.ok(x! >= 0 && x! <= 105 && y! >= 0 && y! <= 26, `${x},${y}`);
  }
});

test('nothing to draw is an empty path, a flat line lies in the middle', () => {
  assert.equal(spark([], [], box).path, '');
  assert.equal(spark([10], [7], box).end?.y, 13);
});
