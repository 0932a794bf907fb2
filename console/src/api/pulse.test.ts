// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pulse } from './pulse.ts';

test('a pulse says once that the server is there, that it is lost, and that it is there again', async () => {
  const answers = [200, 200, 500, 200];
  const told: string[] = [];
  globalThis.fetch = async () => new Response('{}', { status: answers.shift() ?? 200 });
  await new Promise<void>((done) => {
    const pulse = new Pulse({
      opened: () => void told.push('opened'),
      heard: () => {
        told.push('heard');
        if (told.length >= 6) done(pulse.close());
      },
      lost: (problem) => void told.push(`lost ${problem.status}`),
    }, 1);
  });
  assert.deepEqual(told, ['opened', 'heard', 'heard', 'lost 500', 'opened', 'heard']);
});
