// SPDX-License-Identifier: Apache-2.0
// The `mqtt` library of npm talks to itself through an MQTT door: every QoS both ways, both versions,
// properties, aliases both ways, a window of one, request and response.
//
//   MQTT_PORT=1883 [MQTT_PASSWORD=… MQTT_REFUSED=topic] node mqtt_js.mjs
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../sdk/package.json', import.meta.url));
const mqtt = require('mqtt');

const url = `mqtt://127.0.0.1:${process.env.MQTT_PORT}`;

/** A client with the messages that it got; `packet` is the PUBLISH of each. */
async function join(clientId, protocolVersion, more = {}) {
  const client = await mqtt.connectAsync(url, { clientId, protocolVersion, username: 'u', password: process.env.MQTT_PASSWORD ?? 'p',
    reconnectPeriod: 0, ...more });
  client.got = [];
  client.on('message', (topic, payload, packet) => {
    client.got.push({ topic, payload: payload.toString(), qos: packet.qos, properties: packet.properties });
    client.emit('heard');
  });
  return client;
}

async function heard(client, count) {
  const patience = AbortSignal.timeout(20_000);
  while (client.got.length < count) await once(client, 'heard', { signal: patience });
  return client.got;
}

async function everyQosComesOnceAndInOrder(version) {
  for (const qos of [0, 1, 2]) {
    const client = await join(`self${version}`, version);
    const [{ qos: granted }] = await client.subscribeAsync('self/#', { qos });
    assert.equal(granted, qos);
    const sent = Array.from({ length: 50 }, (_, i) => `message ${i}`);
    await Promise.all(sent.map((payload) => client.publishAsync('self/x', payload, { qos })));
    const got = await heard(client, sent.length);
    assert.deepEqual(got.map((m) => [m.topic, m.payload, m.qos]), sent.map((p) => ['self/x', p, qos]));
    await client.unsubscribeAsync('self/#');
    await client.endAsync();
  }
}

async function propertiesAndIdentifiersComeBack() {
  const client = await join('props', 5);
  await client.subscribeAsync('props/#', { qos: 2, properties: { subscriptionIdentifier: 9 } });
  await client.publishAsync('props/x', '{}', { qos: 2, properties: { contentType: 'application/json',
    responseTopic: 'props/r', correlationData: Buffer.from([0, 255]), messageExpiryInterval: 60,
    payloadFormatIndicator: true, userProperties: { a: ['1', '3'], b: '2' } } });
  const [{ properties }] = await heard(client, 1);
  assert.equal(properties.contentType, 'application/json');
  assert.equal(properties.responseTopic, 'props/r');
  assert.deepEqual([...properties.correlationData], [0, 255]);
  assert.deepEqual({ ...properties.userProperties }, { a: ['1', '3'], b: '2' });
  assert.equal(properties.subscriptionIdentifier, 9);
  assert.equal(properties.payloadFormatIndicator, true);
  assert.ok(properties.messageExpiryInterval > 50 && properties.messageExpiryInterval <= 60);
  await client.endAsync();
}

async function aliasesSaveTheTopicBothWays() {
  const client = await join('aliases', 5, { autoUseTopicAlias: true, autoAssignTopicAlias: true,
    properties: { topicAliasMaximum: 2 } });
  const wire = [];
  client.on('packetreceive', (packet) => packet.cmd === 'publish' && wire.push(packet.properties?.topicAlias));
  await client.subscribeAsync('aliases/#', { qos: 1 });
  const topics = ['aliases/one', 'aliases/two', 'aliases/one', 'aliases/three', 'aliases/two', 'aliases/three'];
  for (const topic of topics) await client.publishAsync(topic, 'x', { qos: 1 });
  const got = await heard(client, topics.length);
  assert.deepEqual(got.map((m) => m.topic), topics);
  assert.deepEqual(wire, [1, 2, 1, undefined, 2, undefined]);
  await client.endAsync();
}

async function aWindowOfOneIsKept() {
  const slow = await join('slow', 5, { properties: { receiveMaximum: 1 } });
  const writer = await join('writer', 5);
  await slow.subscribeAsync('window/#', { qos: 2 });
  for (let i = 0; i < 60; i++) await writer.publishAsync('window/x', String(i), { qos: 1 + (i % 2) });
  const got = await heard(slow, 60);
  assert.deepEqual(got.map((m) => m.payload), Array.from({ length: 60 }, (_, i) => String(i)));
  await slow.endAsync();
  await writer.endAsync();
}

async function aRefusalHasItsReason() {
  const client = await join('refused', 5);
  for (const qos of [1, 2]) {
    const error = await client.publishAsync(process.env.MQTT_REFUSED ?? 'refuse/x', 'x', { qos }).then(() => null, (e) => e);
    assert.equal(error?.code, 0x87);
  }
  await client.endAsync();
}

await everyQosComesOnceAndInOrder(4);
await everyQosComesOnceAndInOrder(5);
await propertiesAndIdentifiersComeBack();
await aliasesSaveTheTopicBothWays();
await aWindowOfOneIsKept();
await aRefusalHasItsReason();
