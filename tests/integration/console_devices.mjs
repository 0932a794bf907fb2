// SPDX-License-Identifier: Apache-2.0
// Devices in a real browser, and at a real MQTT door: added with a key that is shown once and works as it is pasted,
// found in the list, revoked while connected, disabled, enabled, bound to other twins, retired.
import { execSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { api, birth, connect, publish, publishFile, until } from './console_mqtt.mjs';
import { accessible, end, fits, holds, is, LOOKS, ok, open, shot } from './console_kit.mjs';

const page = await open('#/devices');
const text = (selector) => page.locator(selector).innerText();
const button = (name) => page.getByRole('button', { name, exact: true });
const code = (i) => page.locator('.key-box code').nth(i).innerText();
let key = '';

await holds('without devices the list says what to do', async () => {
  await page.waitForSelector('.empty code');
  ok((await text('.empty')).includes('pollux device add'), 'no command is told');
  await shot(page, 'devices-empty-light');
  await accessible(page);
  await fits(page, 'the empty list');
});

await holds('what is wrong with a new device is said at its field', async () => {
  await page.keyboard.press('n');
  await page.waitForSelector('#device-id');
  await page.getByRole('button', { name: 'Add device' }).click();
  await page.waitForSelector('#device-id-help.field-problem');
  await page.fill('#device-id', 'pk03-gw');
  await page.fill('#device-twin', 'pk-03');
  await page.getByRole('button', { name: 'Add device' }).click();
  await page.waitForSelector('#device-twin-help.field-problem');
  ok((await text('#device-twin-help')).includes('pk-03'), 'the twin is not named');
  await shot(page, 'device-new-light');
  await accessible(page);
  await fits(page, 'the form');
});

await holds('a device with a new twin is added, and its key is shown, once', async () => {
  await page.selectOption('#device-model', 'dtmi:story:Packer;1');
  await page.fill('#device-group', 'hall-2');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.key-box code');
  key = await code(0);
  ok(/^plx_/.test(key), `the key is ${key}`);
  await page.locator('.key-box code').nth(1).waitFor();
  await shot(page, 'device-key-light');
  await accessible(page);
  await fits(page, 'the key');
});

await holds('the line beside it works as it is pasted: the value is on the page of the twin', async () => {
  // Until twin and model are read, the line has a payload of nothing.
  await page.waitForFunction(() => /tmpF/.test(document.querySelectorAll('.key-box code')[1]?.textContent ?? ''));
  const line = await code(1);
  execSync(line, { timeout: 20_000, shell: '/bin/sh' });
  await page.getByRole('link', { name: 'pk-03' }).first().click();
  await page.waitForFunction(() => /21\.5/.test(document.querySelector('.tiles')?.textContent ?? ''));
});

await holds('back at the device the key is not there any more', async () => {
  await page.goBack();
  await page.waitForFunction(() => /active/.test(document.querySelector('h1')?.textContent ?? ''));
  is(await page.locator('.key-box').count(), 0, 'boxes with keys');
  ok(!(await page.content()).includes(key.slice(-20)), 'the secret is still on the page');
  await page.reload();
  await page.waitForSelector('.device-log td');
  ok(!(await page.content()).includes(key.slice(-20)), 'the secret is on the page again');
  await page.waitForFunction(() => /the device left/.test(document.querySelector('.device-log')?.textContent ?? ''));
});

await holds('an id that is taken is refused, and the device stays as it is', async () => {
  await page.goto(page.url().replace(/#.*/, '#/devices/new'));
  await page.fill('#device-id', 'pk03-gw');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#device-id-help.field-problem');
  ok((await text('#device-id-help')).includes('pk03-gw already'), 'it is not said');
  is((await api('GET', '/api/v1/devices/pk03-gw')).body.twins[0], 'pk-03', 'its twin');
});

await holds('the list finds it by id, twin, group and state', async () => {
  for (let i = 0; i < 130; i++) await api('PUT', `/api/v1/devices/valve-${String(i).padStart(3, '0')}`, { twins: [], group: 'hall-9' });
  await page.goto(page.url().replace(/#.*/, '#/devices'));
  await page.waitForSelector('.devices td');
  ok((await text('.page-head')).includes('131 devices'), 'the count is wrong');
  is(await page.locator('.devices tbody tr').count(), 100, 'rows at first');
  await page.getByRole('button', { name: /Show more/ }).click();
  await page.waitForFunction(() => document.querySelectorAll('.devices tbody tr').length === 131);
  for (const sought of ['pk03', 'pk-03', 'hall-2', 'active']) {
    await page.fill('input[type=search]', sought);
    await page.waitForFunction(() => document.querySelectorAll('.devices tbody tr').length === 1);
    ok((await text('.devices tbody')).includes('pk03-gw'), `${sought} finds another one`);
  }
  ok((await page.evaluate(() => location.hash)).includes('q=active'), 'the filter is not in the address');
  await page.fill('input[type=search]', 'nothing');
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.devices tbody tr').length === 100);
  await shot(page, 'devices-light');
  await accessible(page);
  await fits(page, 'the list');
});

let second;
await holds('a second key lets it in, and the page sees the connection', async () => {
  await page.goto(page.url().replace(/#.*/, '#/devices/pk03-gw'));
  await button('Add credential …').click();
  await page.fill('#key-label', 'cell 4');
  await accessible(page);
  await shot(page, 'device-add-key-light');
  await button('Make key').click();
  await page.waitForSelector('.key-box code');
  const another = await code(0);
  ok(another !== key, 'it is the same key');
  await button('I have it').click();
  is(await page.locator('.key-box').count(), 0, 'boxes with keys');
  second = connect('pk03-gw', another, 'twins/pk-03/desired');
  await page.waitForFunction(() => /1 open connection/.test(document.querySelector('.twin-facts')?.textContent ?? ''));
  await page.waitForFunction(() => /cell 4/.test(document.querySelector('table')?.textContent ?? ''));
  await shot(page, 'device-light');
  await accessible(page);
  await fits(page, 'the device');
});

await holds('revoked, its connection ends, and the log says why', async () => {
  const row = page.locator('tr', { hasText: 'cell 4' });
  await row.getByRole('button', { name: 'Revoke …' }).click();
  ok((await text('dialog')).includes('end within a second'), 'the consequence is not told');
  await page.locator('dialog').getByRole('button', { name: 'Revoke' }).click();
  // mosquitto_sub comes back by itself when it is put out; now it is not let in.
  await until(() => second.child.exitCode !== null || second.child.signalCode !== null || api('GET', '/api/v1/devices/pk03-gw').then((d) => d.body.connections === 0), 'the end of the connection');
  await page.waitForFunction(() => /a right was withdrawn/.test(document.querySelector('.device-log')?.textContent ?? ''));
  await page.waitForFunction(() => /0 open connections/.test(document.querySelector('.twin-facts')?.textContent ?? ''));
  is(await page.locator('tr', { hasText: 'cell 4' }).count(), 0, 'rows of the revoked key');
  second.close();
});

await holds('with a public key a device proves itself by a token that it signs', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  await button('Add credential …').click();
  await page.selectOption('#key-type', 'jwt');
  await page.fill('#key-pem', 'no key');
  await page.locator('dialog').getByRole('button', { name: 'Add' }).click();
  await page.waitForSelector('dialog .field-problem');
  await shot(page, 'device-add-jwt-light');
  await accessible(page);
  await page.fill('#key-pem', publicKey.export({ type: 'spki', format: 'pem' }));
  await page.fill('#key-label', 'cell 5');
  await page.locator('dialog').getByRole('button', { name: 'Add' }).click();
  await page.locator('tr', { hasText: 'cell 5' }).waitFor();
  const { id } = (await api('GET', '/api/v1/devices/pk03-gw/credentials')).body.items.find((one) => one.label === 'cell 5');
  const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'EdDSA', kid: id })}.${part({ iss: 'pk03-gw', aud: 'pollux', nbf: now - 5, exp: now + 300 })}`;
  is(publish('pk03-gw', `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`, 'twins/pk-03/telemetry', { amps: 2.5 }), '', 'what the device is told');
});

await holds('replaced keys: the new one works and the old one does not', async () => {
  await button('Replace keys …').click();
  await page.selectOption('#key-overlap', '0');
  await button('Make key').click();
  await page.waitForSelector('.key-box code');
  const fresh = await code(0);
  is(publish('pk03-gw', fresh, 'twins/pk-03/telemetry', { amps: 3 }), '', 'what the new key is told');
  ok(publish('pk03-gw', key, 'twins/pk-03/telemetry', { amps: 4 }) !== '', 'the old key was let in');
  key = fresh;
});

await holds('disabled it is put out and told so, enabled it comes back', async () => {
  const device = connect('pk03-gw', key, 'twins/pk-03/desired');
  await page.waitForFunction(() => /1 open connection/.test(document.querySelector('.twin-facts')?.textContent ?? ''));
  await button('Disable …').click();
  ok((await text('dialog')).includes('1 open connection ends'), 'the number is not told');
  await accessible(page);
  await shot(page, 'device-disable-light');
  await page.locator('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.waitForFunction(() => /disabled/.test(document.querySelector('h1')?.textContent ?? ''));
  await until(async () => (await api('GET', '/api/v1/devices/pk03-gw')).body.connections === 0, 'the end of the connection');
  device.close();
  await device.ended; // it would come back, and be active
  ok(publish('pk03-gw', key, 'twins/pk-03/telemetry', { amps: 5 }) !== '', 'a disabled device was let in');
  await button('Enable').click();
  await page.waitForFunction(() => /registered/.test(document.querySelector('h1')?.textContent ?? ''));
  is(publish('pk03-gw', key, 'twins/pk-03/telemetry', { amps: 6 }), '', 'what the enabled one is told');
});

await holds('it is bound to other twins, and keeps its group', async () => {
  await button('Change twins …').click();
  await page.fill('#twins-of-device', 'pk-03, pk-02');
  await button('Save').click();
  await page.getByRole('link', { name: 'pk-02' }).waitFor();
  const { body } = await api('GET', '/api/v1/devices/pk03-gw');
  is(JSON.stringify([body.twins, body.group]), '[["pk-03","pk-02"],"hall-2"]', 'the device');
});

await holds('what the server refuses is said in its words', async () => {
  await page.route('**/state', (route) => route.fulfill({ status: 409, contentType: 'application/problem+json', json: { status: 409, title: 'conflict', detail: 'Somebody was faster.', code: 'x' } }));
  await button('Disable …').click();
  await page.locator('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.waitForFunction(() => /Somebody was faster/.test(document.querySelector('.toast')?.textContent ?? ''));
  await page.unroute('**/state');
  await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
});

await holds('retired it is for good', async () => {
  await button('Retire …').click();
  ok((await text('dialog')).includes('never connect again'), 'the consequence is not told');
  await page.locator('dialog').getByRole('button', { name: 'Retire' }).click();
  await page.waitForFunction(() => /retired/.test(document.querySelector('h1')?.textContent ?? ''));
  is(await page.locator('.twin-actions').count(), 0, 'actions left');
  ok(publish('pk03-gw', key, 'twins/pk-03/telemetry', { amps: 7 }) !== '', 'a retired device was let in');
});

await holds('a device that is not there, and a list that cannot be read, are told', async () => {
  await page.goto(page.url().replace(/#.*/, '#/devices/nobody'));
  await page.waitForFunction(() => /There is no device nobody/.test(document.querySelector('.empty')?.textContent ?? ''));
  await page.route('**/api/v1/devices?*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', json: { status: 503, detail: 'The server is busy.', code: 'busy' } }));
  await page.keyboard.press('Escape');
  await page.waitForSelector('.failed');
  await accessible(page);
  await page.unroute('**/api/v1/devices?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.waitForSelector('.devices td');
});

await holds('a list that cannot be read any more stays, and says how old it is', async () => {
  await page.route('**/api/v1/devices?*', (route) => route.abort());
  await page.waitForSelector('.page-head .age.stale');
  ok((await page.locator('.devices tbody tr').count()) > 0, 'the list is gone');
  await accessible(page);
  await page.unroute('**/api/v1/devices?*');
  await page.waitForFunction(() => !document.querySelector('.page-head .age.stale'));
});

await holds('a claim is made, its text shown once, and a device registers itself by it', async () => {
  await page.getByRole('link', { name: 'Claims' }).click();
  await page.waitForSelector('.empty code');
  await accessible(page);
  await page.keyboard.press('n');
  await page.fill('#claim-id', 'batch-7');
  await page.fill('#claim-uses', 'two');
  await page.locator('dialog').getByRole('button', { name: 'Add claim' }).click();
  await page.waitForSelector('#claim-uses-help.field-problem');
  await page.fill('#claim-uses', '2');
  await page.fill('#claim-prefix', 'pump-');
  await page.fill('#claim-group', 'hall-3');
  await page.selectOption('#claim-model', 'dtmi:story:Packer;1');
  await accessible(page);
  await shot(page, 'claim-new-light');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.key-box code');
  const claim = await code(0);
  ok((await code(1)).includes('/api/v1/claim') && (await code(1)).includes('pump-1'), 'the line to send is not told');
  await shot(page, 'claims-light');
  await accessible(page);
  await fits(page, 'the claims');
  const registered = await api('POST', '/api/v1/claim', { claim, id: 'pump-9' }, 'none');
  is(registered.status, 201, 'the status of the registration');
  is(publish('pump-9', registered.body.key, 'twins/pump-9/telemetry', { amps: 1.5 }), '', 'what the device is told');
  await page.waitForFunction(() => /1 of 2/.test(document.querySelector('.claims')?.textContent ?? ''));
  await button('I have it').click();
  ok(!(await page.content()).includes(claim.slice(-20)), 'the text is still on the page');
  await page.getByRole('link', { name: 'hall-3' }).click();
  await page.waitForFunction(() => /pump-9/.test(document.querySelector('.devices tbody')?.textContent ?? '') && document.querySelectorAll('.devices tbody tr').length === 1);
  await page.goBack();
  await button('End …').click();
  await page.locator('dialog').getByRole('button', { name: 'End' }).click();
  await page.waitForSelector('.empty code');
  is((await api('POST', '/api/v1/claim', { claim, id: 'pump-10' }, 'none')).status, 401, 'the status by an ended claim');
});

await holds('connections and edge nodes are told with their state, what is wrong, and what mends it', async () => {
  await page.goto(page.url().replace(/#.*/, '#/sources'));
  await page.waitForFunction(() => document.querySelectorAll('.empty').length === 2);
  await accessible(page);
  is((await api('PUT', '/api/v1/connections/plant', { type: 'mqtt', host: 'broker.invalid', clientId: 'story', topics: [{ filter: 'plant/#' }] })).status, 200, 'the connection');
  publishFile('spBv1.0/hall/NBIRTH/edge-1', birth());
  await page.getByRole('link', { name: 'hall.edge-1' }).waitFor();
  // Each try may fail in other words.
  await until(async () => {
    const { error } = (await api('GET', '/api/v1/connections/plant/status')).body;
    const told = error ? await text('#main') : '';
    return error && told.includes(error.text) && told.includes(error.cure);
  }, 'what is wrong, and what mends it');
  await shot(page, 'sources-light');
  await accessible(page);
  await fits(page, 'the sources');
});

await holds('a connection that is there says what is wrong all the same', async () => {
  const { body } = await api('PUT', '/api/v1/devices/plant-reader', { twins: [] });
  const plant = { type: 'mqtt', host: '127.0.0.1', port: Number(process.env.MQTT_PORT), clientId: 'story-2', user: 'plant-reader', password: body.key, topics: [{ filter: 'twins/pk-02/desired' }] };
  is((await api('PUT', '/api/v1/connections/hall', plant)).status, 200, 'the connection');
  await until(async () => (await api('GET', '/api/v1/connections/hall/status')).body.error?.code === 'connection.topic', 'the refusal of the topic');
  await page.waitForFunction(() => [...document.querySelectorAll('.panel tr')].some((row) => /hall/.test(row.textContent) && /refuses the topic/.test(row.textContent) && /let the broker allow/.test(row.textContent)));
  is((await api('GET', '/api/v1/connections/hall')).body.status.state, 'connected', 'the state');
  await shot(page, 'sources-wrong-light');
  await accessible(page);
  await fits(page, 'what is wrong with a connection');
});

await holds('a log that takes longer to read than it is read again comes all the same', async () => {
  await page.route('**/api/v1/devices/pk03-gw/log*', async (route) => {
    await new Promise((done) => setTimeout(done, 2500));
    await route.continue().catch(() => undefined);
  });
  await page.goto(page.url().replace(/#.*/, '#/devices/pk03-gw'));
  await page.waitForSelector('.device-log td');
  await page.unroute('**/api/v1/devices/pk03-gw/log*');
});

await holds('a reader may look, and is told why not more', async () => {
  const { body } = await api('POST', '/api/v1/tokens', { name: 'story', role: 'reader' });
  const other = await open('#/devices/pk03-gw', { token: body.token });
  await other.waitForSelector('.device-log td');
  await other.goto(other.url().replace(/#.*/, '#/devices'));
  const add = other.getByRole('button', { name: 'Add device' });
  ok(await add.isDisabled(), 'a reader may add a device');
  ok((await add.getAttribute('title')).includes('administrator'), 'the reason is not told');
  await accessible(other);
  await other.context().close();
});

await holds('an address that leads nowhere says so, and leads back', async () => {
  await page.goto(page.url().replace(/#.*/, '#/nonsense/at?all=1'));
  await page.waitForFunction(() => document.querySelector('.empty')?.textContent.includes('#/nonsense/at?all=1'));
  await accessible(page);
  await fits(page, 'the page of no address');
  await page.locator('.empty').getByRole('button', { name: 'Overview' }).click();
  await page.waitForFunction(() => !/no such page/i.test(document.querySelector('h1')?.textContent ?? ''));
  await page.goto(page.url().replace(/#.*/, '#/twin'));
  await page.waitForFunction(() => /no such page/.test(document.querySelector('h1')?.textContent ?? ''));
});

await api('PUT', '/api/v1/devices/valve-000', { twins: ['pk-02'], group: 'hall-9', attributes: { serial: '4711', maker: 'Example' } });
for (const [name, options] of LOOKS) {
  await holds(`devices are accessible: ${name}`, async () => {
    const other = await open('#/devices', options);
    await other.waitForSelector('.devices td');
    await shot(other, `devices-${name}`);
    await accessible(other);
    await other.goto(other.url().replace(/#.*/, '#/devices/valve-000'));
    await other.waitForSelector('.facts');
    await other.waitForSelector('.panel td');
    await shot(other, `device-${name}`);
    await accessible(other);
    await other.goto(other.url().replace(/#.*/, '#/devices/new'));
    await other.waitForSelector('#device-id');
    await shot(other, `device-new-${name}`);
    await accessible(other);
    await other.context().close();
  });
}

await end();
