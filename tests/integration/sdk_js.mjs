// SPDX-License-Identifier: Apache-2.0
// The official JavaScript client, unchanged, over TLS: every public method, its errors, its ETags.
//
//   POLLUX_URL=https://127.0.0.1:8443 POLLUX_TOKEN=… NODE_EXTRA_CA_CERTS=cert.pem node sdk_js.mjs
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../sdk/package.json', import.meta.url));
const { DigitalTwinsClient } = require('@azure/digital-twins-core');

const ENDPOINT = 'story'; // of the routes; sdk_js.py makes it

const called = new Set();
const credential = {
  getToken: async () => ({ token: process.env.POLLUX_TOKEN, expiresOnTimestamp: Date.now() + 3600e3 }),
};

/** A client that remembers which of its methods were called. */
function connect(url) {
  const client = new DigitalTwinsClient(url, credential, { retryOptions: { maxRetries: 0 } });
  return new Proxy(client, {
    get(target, name) {
      if (typeof target[name] === 'function') called.add(name);
      return typeof target[name] === 'function' ? target[name].bind(target) : target[name];
    },
  });
}

async function refused(promise, status, code, words = '') {
  const error = await promise.then(() => assert.fail(`${code} was wanted`), (e) => e);
  assert.equal(error.statusCode, status, error.stack);
  assert.equal(error.details?.error?.code ?? JSON.parse(error.response.bodyAsText).error.code, code);
  assert.ok(error.message.includes(words), `'${words}' is not in '${error.message}'`);
}

async function all(iterator) {
  const items = [];
  for await (const item of iterator) items.push(item);
  return items;
}

const context = 'dtmi:dtdl:context;2';
const MODELS = [
  { '@id': 'dtmi:story:Room;1', '@type': 'Interface', '@context': context, extends: 'dtmi:story:Space;1',
    displayName: 'Room', contents: [
      { '@type': 'Property', name: 'temperature', schema: 'double' },
      { '@type': 'Property', name: 'tags', schema: { '@type': 'Map', mapKey: { name: 'k', schema: 'string' },
        mapValue: { name: 'v', schema: 'string' } } },
      { '@type': 'Telemetry', name: 'noise', schema: 'double' },
      { '@type': 'Component', name: 'thermostat', schema: 'dtmi:story:Thermostat;1' }] },
  { '@id': 'dtmi:story:Space;1', '@type': 'Interface', '@context': context, displayName: { en: 'Space', fr: 'Espace' },
    contents: [{ '@type': 'Property', name: 'name', schema: 'string' },
      { '@type': 'Relationship', name: 'contains', target: 'dtmi:story:Other;1', properties: [] },
      { '@type': 'Relationship', name: 'leadsTo', properties: [{ '@type': 'Property', name: 'locked', schema: 'boolean' }] }] },
  { '@id': 'dtmi:story:Thermostat;1', '@type': 'Interface', '@context': context,
    contents: [{ '@type': 'Property', name: 'wanted', schema: 'double' },
      { '@type': 'Telemetry', name: 'noise', schema: 'double' }] },
];
const room = (more) => JSON.stringify({ $dtId: null, $etag: null, $metadata: { $model: 'dtmi:story:Room;1' },
  thermostat: { $metadata: {} }, ...more });

const stories = {
  async models(client) {
    await refused(client.createModels([]), 400, 'InvalidArgument', 'models provided was empty');
    await refused(client.createModels([{ '@id': 'urn:no' }]), 400, 'DTDLParserError',
      'None of the models in this request could be created due to a problem with one or more models');
    const made = await client.createModels(MODELS);
    assert.deepEqual([...made].map((m) => m.id), MODELS.map((m) => m['@id']));
    assert.ok(made[0].uploadTime instanceof Date && made[0].uploadTime > new Date('2026-01-01'));
    assert.deepEqual(made[1].displayName, { en: 'Space', fr: 'Espace' });
    assert.deepEqual([made[0].description, made[0].model, made[0].decommissioned], [{}, undefined, false]);
    await refused(client.createModels(MODELS), 409, 'ModelAlreadyExists', 'Some of the model ids already exist');
    assert.deepEqual((await client.getModel('dtmi:story:Room;1', true)).model, MODELS[0]);
    await refused(client.getModel('dtmi:story:None;1'), 404, 'ModelNotFound',
      'There is no Model(s) available that matches the provided id(s)');
  },

  async pagesOfModels(client) {
    assert.equal((await all(client.listModels())).length, 3);
    const needed = await all(client.listModels(['dtmi:story:Room;1', 'dtmi:story:Space;1'], true));
    assert.deepEqual(needed.map((m) => m.id).sort(), MODELS.map((m) => m['@id']).sort());
    assert.ok(needed.every((m) => m.model['@id'] === m.id));
    await refused(all(client.listModels(['dtmi:story:None;1'])), 404, 'ModelNotFound');
    const pages = await all(client.listModels(undefined, true).byPage({ maxPageSize: 2 }));
    assert.deepEqual(pages.map((p) => p.value.length), [2, 1]);
    assert.match(pages[0].nextLink, /^https:\/\/.*[?&]continuationToken=.*api-version=/);
    assert.ok(pages.every((p) => p.value.every((m) => m.model)));
    const rest = await all(client.listModels().byPage({ continuationToken: pages[0].nextLink }));
    assert.deepEqual(rest.flatMap((p) => p.value.map((m) => m.id)), [pages[1].value[0].id]);
  },

  async twins(client) {
    const made = await client.upsertDigitalTwin('room 1', room({ name: 'Café', temperature: 21.5 }));
    assert.match(made.etag, /^W\/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/);
    assert.equal(made.body.$etag, made.etag);
    assert.equal(made.body.$dtId, 'room 1');
    assert.match(made.body.$metadata.temperature.lastUpdateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
    assert.match(made.body.$metadata.$lastUpdateTime, /\.\d{7}Z$/);
    assert.ok(made.body.thermostat.$metadata && !made.body.thermostat.$metadata.$model);
    const read = await client.getDigitalTwin('room 1');
    assert.deepEqual(read.body, made.body);
    assert.equal(read.etag, made.etag);
    await refused(client.getDigitalTwin('none'), 404, 'DigitalTwinNotFound',
      'There is no digital twin instance that exists with the ID none');
    await refused(client.upsertDigitalTwin('x', room({ $metadata: { $model: 'dtmi:no:such;1' } })), 400, 'InvalidArgument',
      'Invalid twin specified');
    await refused(client.upsertDigitalTwin('x', room({ temperature: null })), 400, 'ValidationFailed', 'Invalid twin specified');
    await refused(client.upsertDigitalTwin('room 1', room(), { ifNoneMatch: '*' }), 412, 'PreconditionFailed',
      'If-None-Match: * header was specified but a twin with the id room 1');
    await refused(client.upsertDigitalTwin('room 1', room(), { ifNoneMatch: 'W/"x"' }), 400, 'InvalidArgument',
      'Invalid If-None-Match header value. Allowed value(s): If-None-Match: *');
  },

  async patches(client) {
    const before = (await client.getDigitalTwin('room 1')).etag;
    const change = [{ op: 'replace', path: '/temperature', value: 22 },
      { op: 'add', path: '/tags', value: { a: 'b' } }, { op: 'add', path: '/tags/c~1d', value: 'e' },
      { op: 'add', path: '/$metadata/temperature/sourceTime', value: '2026-01-02T03:04:05Z' }];
    const after = await client.updateDigitalTwin('room 1', change, { ifMatch: before });
    assert.notEqual(after.etag, before);
    const { body } = await client.getDigitalTwin('room 1');
    assert.deepEqual([body.temperature, body.tags, body.$etag], [22, { a: 'b', 'c/d': 'e' }, after.etag]);
    assert.equal(body.$metadata.temperature.sourceTime, '2026-01-02T03:04:05.0000000Z');
    await refused(client.updateDigitalTwin('room 1', change, { ifMatch: before }), 412, 'PreconditionFailed',
      `The provided etag ${before} doesn't match the current etag for the resource`);
    await refused(client.updateDigitalTwin('room 1', change, { ifMatch: 'junk' }), 400, 'InvalidArgument',
      'Invalid If-Match header value. Allowed value(s): If-Match: {etag} or If-Match: *');
    await refused(client.updateDigitalTwin('room 1', [{ op: 'move', from: '/name', path: '/tags' }]), 400,
      'JsonPatchInvalid', 'Unsupported operation type move');
    await refused(client.updateDigitalTwin('room 1', [{ op: 'replace', path: '/nothing', value: 1 }]), 400,
      'JsonPatchInvalid', 'Could not resolve path');
    await refused(client.updateDigitalTwin('none', change), 404, 'DigitalTwinNotFound');
    await client.updateDigitalTwin('room 1', [{ op: 'remove', path: '/tags' }], { ifMatch: '*' });
    assert.equal((await client.getDigitalTwin('room 1')).body.$metadata.tags, undefined);
  },

  async components(client) {
    const set = await client.updateComponent('room 1', 'thermostat', [{ op: 'add', path: '/wanted', value: 20 }]);
    const part = await client.getComponent('room 1', 'thermostat');
    assert.equal(part.body.wanted, 20);
    assert.equal(part.etag, set.etag);
    assert.equal((await client.getDigitalTwin('room 1')).etag, set.etag);
    assert.deepEqual([part.body.$dtId, part.body.$etag, part.body.$metadata.$model], [undefined, undefined, undefined]);
    await refused(client.getComponent('room 1', 'stove'), 404, 'ComponentNotFound', 'room 1 does not have component stove');
    await refused(client.getComponent('none', 'thermostat'), 404, 'DigitalTwinNotFound');
    await refused(client.updateComponent('room 1', 'stove', []), 400, 'JsonPatchInvalid', 'Could not resolve path');
    await refused(client.updateComponent('room 1', 'thermostat', [], { ifMatch: 'W/"old"' }), 412, 'PreconditionFailed');
  },

  async relationships(client) {
    await client.upsertDigitalTwin('hall/ä', room());
    const body = { $relationshipId: null, $sourceId: null, $etag: null, $targetId: 'hall/ä', $relationshipName: 'leadsTo', locked: true };
    const made = await client.upsertRelationship('room 1', 'door #1', body);
    assert.equal(made.body.$etag, made.etag);
    const read = await client.getRelationship('room 1', 'door #1');
    assert.deepEqual(read.body, { $relationshipId: 'door #1', $sourceId: 'room 1', $targetId: 'hall/ä',
      $relationshipName: 'leadsTo', $etag: made.etag, locked: true });
    await refused(client.upsertRelationship('room 1', 'door #1', body, { ifNoneMatch: '*' }), 412, 'PreconditionFailed',
      'header was specified but a relationship with the id');
    await refused(client.upsertRelationship('room 1', 'x', { ...body, $targetId: 'none' }), 404, 'TargetTwinNotFound',
      'The target digital twin is invalid or does not exist');
    await refused(client.upsertRelationship('room 1', 'x', { ...body, $targetId: 'room 1' }), 400, 'OperationNotAllowed');
    await refused(client.upsertRelationship('room 1', 'x', { ...body, $relationshipName: 'eats' }), 400, 'InvalidRelationship');
    await refused(client.upsertRelationship('none', 'x', body), 404, 'DigitalTwinNotFound');
    const set = await client.updateRelationship('room 1', 'door #1', [{ op: 'replace', path: '/locked', value: false }],
      { ifMatch: made.etag });
    await refused(client.updateRelationship('room 1', 'door #1', [], { ifMatch: made.etag }), 412, 'PreconditionFailed');
    await refused(client.updateRelationship('room 1', 'none', []), 404, 'RelationshipNotFound',
      'Relationship none not found on twin room 1');
    assert.equal((await client.getRelationship('room 1', 'door #1')).etag, set.etag);
    await refused(client.deleteDigitalTwin('room 1'), 400, 'RelationshipsNotDeleted', 'Twin room 1 has active relationships');
  },

  async pagesOfRelationships(client) {
    const ids = Array.from({ length: 620 }, (_, i) => `r${i}`);
    for (const id of ids)
      await client.upsertRelationship('hall/ä', id, { $targetId: 'room 1', $relationshipName: 'leadsTo' });
    const out = await all(client.listRelationships('hall/ä'));
    assert.deepEqual(out.map((r) => r.$relationshipId).sort(), [...ids].sort());
    const pages = await all(client.listRelationships('hall/ä').byPage());
    assert.ok(pages.length > 1 && pages[0].nextLink.startsWith('https://'));
    const rest = await all(client.listRelationships('hall/ä').byPage({ continuationToken: pages[0].nextLink }));
    assert.equal(rest.length, pages.length - 1);
    assert.equal((await all(client.listRelationships('hall/ä', { relationshipName: 'leadsTo' }))).length, ids.length);
    assert.equal((await all(client.listRelationships('hall/ä', { relationshipName: 'contains' }))).length, 0);
    const incoming = await all(client.listIncomingRelationships('room 1'));
    assert.equal(incoming.length, ids.length);
    const [first] = incoming;
    assert.equal(first.sourceId, 'hall/ä');
    const linked = await fetch(first.relationshipLink, { headers: { authorization: `Bearer ${process.env.POLLUX_TOKEN}` } });
    assert.equal((await linked.json()).$relationshipId, first.relationshipId);
    assert.ok((await all(client.listIncomingRelationships('room 1').byPage())).length > 1);
    await refused(all(client.listRelationships('none')), 404, 'DigitalTwinNotFound');
    await refused(all(client.listIncomingRelationships('none')), 404, 'DigitalTwinNotFound');
    for (const id of ids) await client.deleteRelationship('hall/ä', id);
  },

  async telemetry(client) {
    await client.publishTelemetry('room 1', { noise: 41.5 }, 'message-1');
    for (const payload of [[1, 2], 'text', 7, true, { unknown: {} }]) await client.publishTelemetry('room 1', payload);
    await refused(client.publishTelemetry('none', { noise: 1 }), 404, 'DigitalTwinNotFound');
    // the client sends the payload as Message-Id and the id as the body
    await client.publishComponentTelemetry('room 1', 'thermostat', '{"noise":1}', 'message-2');
    await client.publishComponentTelemetry('room 1', 'thermostat', `{"noise":${' '.repeat(6000)}1}`, 'message-3');
    await refused(client.publishComponentTelemetry('room 1', 'stove', '{}', 'm'), 404, 'ComponentNotFound',
      'room 1 does not have component stove');
  },

  async queries(client) {
    for (let i = 0; i < 7; i++) await client.upsertDigitalTwin(`q${i}`, room({ name: 'queried', temperature: i }));
    const text = "SELECT * FROM DIGITALTWINS T WHERE T.name = 'queried'";
    assert.equal((await all(client.queryTwins(text))).length, 7); // what was written is read at once
    const pages = await all(client.queryTwins(text, 3).byPage());
    assert.deepEqual(pages.map((p) => p.value.length), [3, 3, 1]);
    assert.ok(Number(pages[0].queryCharge) > 0);
    assert.deepEqual(await all(client.queryTwins(`SELECT COUNT() FROM DIGITALTWINS WHERE name = 'queried'`)), [{ COUNT: 7 }]);
    await refused(all(client.queryTwins('SELECT nonsense')), 400, 'SqlQueryError', 'SQL query parse failed');
    for (let i = 0; i < 7; i++) await client.deleteDigitalTwin(`q${i}`);
  },

  async eventRoutes(client) {
    await refused(client.getEventRoute('none'), 404, 'EventRouteNotFound', 'There is no route available that matches');
    await client.upsertEventRoute('r-1', ENDPOINT, "type = 'Microsoft.DigitalTwins.Twin.Create'");
    const route = await client.getEventRoute('r-1');
    assert.deepEqual([route.id, route.endpointName], ['r-1', ENDPOINT]);
    assert.deepEqual((await all(client.listEventRoutes())).map((r) => r.id), ['r-1']);
    assert.equal((await all(client.listEventRoutes().byPage({ maxPageSize: 1 }))).length, 1);
    await refused(client.upsertEventRoute('r-2', 'none', 'true'), 400, 'EventRouteEndpointInvalid',
      'The endpoint provided does not exist or is not active');
    await client.deleteEventRoute('r-1');
    await refused(client.deleteEventRoute('r-1'), 404, 'EventRouteNotFound');
  },

  async deletions(client) {
    const { etag } = await client.getRelationship('room 1', 'door #1');
    await refused(client.deleteRelationship('room 1', 'door #1', { ifMatch: 'W/"old"' }), 412, 'PreconditionFailed');
    await client.deleteRelationship('room 1', 'door #1', { ifMatch: etag });
    await refused(client.deleteRelationship('room 1', 'door #1'), 404, 'RelationshipNotFound');
    await refused(client.deleteDigitalTwin('room 1', { ifMatch: 'W/"old"' }), 412, 'PreconditionFailed');
    await client.deleteDigitalTwin('room 1');
    await client.deleteDigitalTwin('hall/ä', { ifMatch: '*' });
    await refused(client.deleteDigitalTwin('room 1'), 404, 'DigitalTwinNotFound');
    await refused(client.decomissionModel('dtmi:story:Space;1'), 409, 'ModelReferencesNotDecommissioned',
      'This model is currently being referenced by');
    for (let times = 0; times < 2; times++) await client.decomissionModel('dtmi:story:Room;1');
    assert.equal((await client.getModel('dtmi:story:Room;1')).decommissioned, true);
    await refused(client.upsertDigitalTwin('late', room()), 400, 'ModelDecommissioned');
    await refused(client.deleteModel('dtmi:story:Thermostat;1'), 409, 'ModelReferencesNotDeleted',
      'This model is currently being referenced by');
    for (const model of MODELS) await client.deleteModel(model['@id']);
    await refused(client.deleteModel('dtmi:story:Room;1'), 404, 'ModelNotFound');
    await refused(client.decomissionModel('dtmi:story:Room;1'), 404, 'ModelNotFound');
  },
};

for (const url of [process.env.POLLUX_URL, `${process.env.POLLUX_URL}/`])
  for (const [name, story] of Object.entries(stories)) {
    await story(connect(url));
    console.log('ok', url, name);
  }

// `private` in TypeScript: the pages and the items behind the public lists
const own = /(Page|All)$/;
const methods = Object.getOwnPropertyNames(DigitalTwinsClient.prototype).filter((n) => n !== 'constructor' && !own.test(n));
assert.deepEqual(methods.filter((n) => !called.has(n)), []);
console.log(`ok ${methods.length} methods`);
