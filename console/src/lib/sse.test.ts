// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventReader } from './sse.ts';

const STREAM = ': hello\n\nid: 7\nevent: change\ndata: {"a":1}\n\n: beat\n\nid: 8\ndata: x\ndata: y\n\nevent: gap\ndata:\n\n';

test('events come out whole, comments do not', () => {
  const got = new EventReader().push(STREAM);
  assert.deepEqual(got, [
    { id: '7', event: 'change', data: '{"a":1}' },
    { id: '8', event: 'message', data: 'x\ny' },
    { id: '8', event: 'gap', data: '' },
  ]);
});

test('the same events come out wherever the stream is cut', () => {
  const whole = new EventReader().push(STREAM);
  for (let cut = 1; cut < STREAM.length; cut++) {
    const reader = new EventReader();
    assert.deepEqual([...reader.push(STREAM.slice(0, cut)), ...reader.push(STREAM.slice(cut))], whole, `cut at ${cut}`);
  }
});

test('carriage returns end lines too', () => {
  const reader = new EventReader();
  const text = STREAM.replaceAll('\n', '\r\n');
  const got = [...text].flatMap((character) => reader.push(character));
  assert.equal(got.length, 3);
  assert.equal(reader.lastId, '8');
});
