// SPDX-License-Identifier: Apache-2.0
// Devices for the console's stories: mosquitto's clients at the server's MQTT door, and the API to look behind the page.
import { spawn, spawnSync } from 'node:child_process';
import { SERVER } from './console_kit.mjs';

const PORT = process.env.MQTT_PORT ?? '';
const TOKEN = process.env.POLLUX_TOKEN ?? '';

/** Publishes with QoS 1; gives what was complained of. */
export function publish(user, key, topic, payload) {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const done = spawnSync('mosquitto_pub', ['-V', '5', '-p', PORT, '-u', user, '-P', key, '-q', '1', '-t', topic, '-m', body], { encoding: 'utf8', timeout: 20_000 });
  return done.stderr;
}
/** The same as an administrator: plain topics of anybody. */
export const publishAny = (topic, payload) => publish('any', TOKEN, topic, payload);

/** The same of bytes. */
export function publishFile(topic, bytes) {
  const done = spawnSync('mosquitto_pub', ['-V', '5', '-p', PORT, '-u', 'any', '-P', TOKEN, '-q', '1', '-t', topic, '-s'], { input: bytes, encoding: 'utf8', timeout: 20_000 });
  if (done.stderr) throw new Error(done.stderr);
}

/** The birth of an edge node of Sparkplug B, in protobuf: its time, bdSeq 0, sequence 0. */
export function birth() {
  const varint = (value) => {
    const out = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
      out.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
      if (rest <= 127n) return out;
    }
  };
  const metric = [0x0a, 5, ...Buffer.from('bdSeq'), 0x20, 4, 0x58, 0];
  return Buffer.from([0x08, ...varint(Date.now()), 0x12, metric.length, ...metric, 0x18, 0]);
}

/** A device that stays connected. `heard` lists [topic, payload]; `ended` is resolved with its exit code. */
export function connect(user, key, ...topics) {
  const child = spawn('mosquitto_sub', ['-V', '5', '-p', PORT, '-u', user, '-P', key, '-i', `${user}-story`, ...topics.flatMap((topic) => ['-t', topic]), '-q', '1', '-F', '%t %p'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const device = { heard: [], child, close: () => child.kill() };
  let rest = '';
  child.stdout.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) device.heard.push([line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
  });
  device.ended = new Promise((done) => child.on('exit', (code) => done(code)));
  return device;
}

export async function until(ready, what, seconds = 15) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const got = await ready();
    if (got) return got;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

export async function api(method, path, body, token = TOKEN) {
  const response = await fetch(SERVER + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}
