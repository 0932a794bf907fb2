// SPDX-License-Identifier: Apache-2.0
// Connects to MQTT from a page of the server, and from one that is none: what a browser's WebSocket sees.
// POLLUX_URL and POLLUX_TOKEN say which server, the argument which browser.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../console/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const SERVER = process.env.POLLUX_URL;

/** Runs in the page: CONNECT, the bytes of CONNACK, an end in order. */
const connect = ([url, token]) => new Promise((done) => {
  const text = (s) => [s.length >> 8, s.length & 255, ...new TextEncoder().encode(s)];
  const packet = [...text('MQTT'), 4, 0xc2, 0, 60, ...text('page'), ...text('any'), ...text(token)];
  const socket = new WebSocket(url, ['mqtt']);
  let told = '';
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(new Uint8Array([0x10, packet.length, ...packet]));
  socket.onmessage = (message) => {
    told += `${socket.protocol} ${new Uint8Array(message.data).join(',')} `;
    socket.close(1000);
  };
  socket.onclose = (close) => done(`${told}closed ${close.code} ${close.wasClean}`);
});

const browser = await chromium.launch({ executablePath: process.argv[2], args: FLAGS });
try {
  const page = await browser.newPage();
  const url = SERVER.replace('http:', 'ws:') + '/mqtt';
  await page.goto(SERVER + '/');
  console.log('own page:', await page.evaluate(connect, [url, process.env.POLLUX_TOKEN]));
  await page.goto('data:text/html,<title>another</title>');
  console.log('other page:', await page.evaluate(connect, [url, process.env.POLLUX_TOKEN]));
} finally {
  await browser.close();
}
