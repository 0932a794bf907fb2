// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../lib/result.ts';
import { LiveStream } from './live.ts';

const encoder = new TextEncoder();
type Answer = () => Response;

/** A server that gives its answers in turn, and what it was asked. */
function serve(answers: Answer[]): { asked: Headers[]; urls: string[] } {
  const asked: Headers[] = [];
  const urls: string[] = [];
  globalThis.fetch = (async (url: string, init: RequestInit) => {
    asked.push(new Headers(init.headers));
    urls.push(url);
    const answer = answers.shift();
    if (!answer) return new Promise((_, refuse) => init.signal?.addEventListener('abort', () => refuse(new Error('aborted'))));
    return answer();
  }) as typeof fetch;
  return { asked, urls };
}

const events = (...texts: string[]): Answer => () =>
  new Response(new ReadableStream({ start: (c) => (texts.forEach((t) => c.enqueue(encoder.encode(t))), c.close()) }));

interface Log {
  events: string[];
  lost: Problem[];
  opened: number;
}
function follow(twins: string[], log: Log, onLost: (stream: () => LiveStream) => void): LiveStream {
  const stream: LiveStream = new LiveStream(twins, {
    opened: () => void log.opened++,
    heard: () => undefined,
    event: (e) => void log.events.push(`${e.id} ${e.event} ${e.data}`),
    lost: (problem) => (log.lost.push(problem), queueMicrotask(() => onLost(() => stream))),
  });
  return stream;
}
const until = async (done: () => boolean) => {
  for (let i = 0; i < 200 && !done(); i++) await new Promise((r) => setTimeout(r, 5));
  assert.ok(done(), 'it did not happen within a second');
};

test('a broken stream is resumed where it ended', async () => {
  const { asked, urls } = serve([events('id: 7\nevent: change\ndata: {}\n\n'), events('id: 8\nevent: change\ndata: {"b":1}\n\n')]);
  const log: Log = { events: [], lost: [], opened: 0 };
  const stream = follow(['a b', 'c'], log, (s) => setTimeout(() => s().retryNow(), 1));
  await until(() => log.events.length === 2);
  stream.close();
  assert.equal(urls[0], '/api/v1/stream?twins=a%20b,c');
  assert.equal(asked[0]?.get('Last-Event-ID'), null);
  assert.equal(asked[1]?.get('Last-Event-ID'), '7');
  assert.deepEqual(log.events, ['7 change {}', '8 change {"b":1}']);
  assert.equal(log.opened, 2);
});

test("a refusal is told in the server's words", async () => {
  serve([() => new Response(JSON.stringify({ title: 'busy', detail: 'too many watchers', status: 503, code: 'busy' }), { status: 503 })]);
  const log: Log = { events: [], lost: [], opened: 0 };
  const stream = follow(['a'], log, () => undefined);
  await until(() => log.lost.length === 1);
  stream.close();
  assert.equal(log.lost[0]?.detail, 'too many watchers');
  assert.equal(log.opened, 0);
});

test('a closed stream asks no more', async () => {
  const { urls } = serve([events(''), events('')]);
  const log: Log = { events: [], lost: [], opened: 0 };
  const stream = follow(['a'], log, () => undefined);
  await until(() => log.lost.length === 1);
  stream.close();
  await new Promise((r) => setTimeout(r, 50));
  assert.equal(urls.length, 1);
});
