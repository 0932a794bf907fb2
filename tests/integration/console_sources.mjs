// SPDX-License-Identifier: Apache-2.0
// Connections and issuers are written in forms, in a real browser: a broker that wants a password, whose connection says why
// it is not made and then is, a Modbus device, an issuer by whose token a device comes in. Secrets go in and never come out.
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { api, publish, until } from './console_mqtt.mjs';
import { accessible, end, fits, holds, is, LOOKS, ok, open, shot } from './console_kit.mjs';

const page = await open('#/sources');
const text = (selector) => page.locator(selector).innerText();
const button = (name) => page.getByRole('button', { name, exact: true });
const to = (hash) => page.goto(page.url().replace(/#.*/, hash));
const waitFor = (selector, pattern) => page.waitForFunction(([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? ''), [selector, pattern]);
const stored = async (name) => (await api('GET', `/api/v1/connections/${name}`)).body;
const brokerSays = (topic, body) => spawnSync('mosquitto_pub', ['-p', process.env.BROKER, '-u', 'pollux', '-P', 's3cret', '-q', '1', '-t', topic, '-m', body], { encoding: 'utf8', timeout: 20_000 }).stderr;

await holds('a new connection is a form in which nothing is wrong yet', async () => {
  await page.waitForFunction(() => document.querySelectorAll('.empty').length === 2);
  await page.keyboard.press('n');
  await page.waitForSelector('#connection-name');
  is(await page.locator('.field-problem').count(), 0, 'what is wrong before anything was typed');
  await shot(page, 'connection-new-light');
  await accessible(page);
  await fits(page, 'the form');
});

await holds('what is missing is said at its field, in turn', async () => {
  await button('Save').click();
  await waitFor('#connection-name-help.field-problem', 'for example plant');
  await page.fill('#topic-0', 'plant/#');
  await page.fill('#connection-name', 'plant');
  await page.keyboard.press('Enter');
  await waitFor('#connection-host-help.field-problem', 'broker\\.plant');
  await page.fill('#connection-host', '127.0.0.1');
  await page.fill('#connection-port', '80x');
  await page.fill('#connection-client', 'story');
  await button('Save').click();
  await waitFor('#connection-port-help.field-problem', "'port' is a whole number");
  await accessible(page);
  is((await api('GET', '/api/v1/connections')).body.items.length, 0, 'connections that were stored');
});

await holds('stored it says why it is not made, and what helps', async () => {
  await page.fill('#connection-port', process.env.BROKER);
  await page.fill('#connection-user', 'pollux');
  await page.fill('#connection-password', 'wr0ng-word');
  await button('Save').click();
  await waitFor('h1', 'plant');
  await waitFor('.connection-state', 'does not let this user in');
  ok((await text('.connection-state')).includes("'password'"), 'no cure is told');
  ok(!(await page.content()).includes('wr0ng-word'), 'the secret is on the page');
  const { body } = await api('GET', '/api/v1/connections/plant');
  ok(body.hasPassword && !JSON.stringify(body).includes('wr0ng-word'), 'the secret is told');
  await shot(page, 'connection-wrong-light');
  await accessible(page);
  await fits(page, 'a connection');
});

await holds('with the right password it is made, and what comes is counted', async () => {
  await waitFor('#connection-password-help', 'Left empty it stays');
  await page.fill('#connection-password', 's3cret');
  await waitFor('.twin-facts', 'Changed, not saved');
  await button('Save').click();
  await page.waitForSelector('.connection-state [data-state=connected]');
  is(await page.inputValue('#connection-password'), '', 'what stands in the field');
  is(brokerSays('plant/x', '1'), '', 'what the publisher is told');
  await waitFor('.connection-state', 'Messages1');
  await shot(page, 'connection-light');
});

await holds('changed without its password it keeps it, but not for another user', async () => {
  await page.fill('#connection-retry', '5');
  await button('Add topic').click();
  await page.fill('#topic-1', 'mill/+');
  await page.selectOption('#topic-1-qos', '0');
  await button('Save').click();
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
  const { connection, hasPassword } = await stored('plant');
  is(JSON.stringify([connection.retryMax, connection.topics, hasPassword]), '[5,[{"filter":"plant/#","qos":1},{"filter":"mill/+","qos":0}],true]', 'what is stored');
  await page.waitForSelector('.connection-state [data-state=connected]');
  await page.fill('#connection-user', 'somebody');
  await button('Save').click();
  await page.locator('.field-problem', { hasText: 'give it again' }).waitFor();
  await page.fill('#connection-user', 'pollux');
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
});

await holds('a password is taken away when that is asked for', async () => {
  await button('Take it away: Password').click();
  await waitFor('#connection-password-help', 'taken away when this is saved');
  await button('Keep it: Password').click();
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
  await button('Take it away: Password').click();
  await button('Save').click();
  await until(async () => (await stored('plant')).hasPassword === false, 'the end of the password');
  await page.fill('#connection-password', 's3cret');
  const read = page.waitForResponse((answer) => answer.request().method() === 'GET' && answer.url().endsWith('/connections/plant'));
  await button('Save').click();
  await read; // what is stored now, before somebody else stores another
  ok((await stored('plant')).hasPassword, 'the password is not stored');
});

await holds('two who write at once: the second is told, and chooses', async () => {
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
  const { connection } = await stored('plant');
  is((await api('PUT', '/api/v1/connections/plant', { ...connection, retryMax: 7, version: 5 })).status, 200, 'the other one');
  await page.fill('#connection-retry', '9');
  await button('Save').click();
  await waitFor('.elsewhere', 'Somebody else has stored');
  is(await page.inputValue('#connection-retry'), '9', 'what was typed');
  is((await stored('plant')).connection.retryMax, 7, 'what is stored');
  await accessible(page);
  await page.getByRole('button', { name: /^Discard mine/ }).click();
  await page.waitForFunction(() => document.querySelector('#connection-retry').value === '7');
  is(await page.inputValue('#connection-version'), '5', 'the version that is chosen');
  await page.waitForFunction(() => !document.querySelector('.elsewhere'));
});

await holds('TLS brings its fields, and a private key has a place where it is not shown', async () => {
  await page.selectOption('#connection-tls', 'own');
  await page.fill('#connection-ca', 'no certificate');
  await page.fill('#connection-certificate', '-----BEGIN PRIVATE KEY-----');
  await page.waitForSelector('#connection-key');
  await button('Save').click();
  await waitFor('#connection-tls-help.field-problem', 'private key');
  await accessible(page);
  await fits(page, 'the fields of TLS');
  await page.fill('#connection-key', '-----BEGIN ENCRYPTED PRIVATE KEY-----');
  await page.selectOption('#connection-tls', 'off');
  await page.waitForFunction(() => !document.querySelector('#connection-key'));
  await button('Save').click(); // the key went with its certificate: none is sent, and nothing is refused of a field that is gone
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
});

await holds('switched off it is not made, and on again it is', async () => {
  await button('Switch off').click();
  await page.waitForSelector('.connection-state [data-state=off]');
  await button('Switch on').click();
  await page.waitForSelector('.connection-state [data-state=connected]');
  ok((await stored('plant')).hasPassword, 'the password is gone');
});

await holds('a Modbus device is asked for its registers, and a wrong one is said', async () => {
  await to('#/sources/new');
  await page.selectOption('#connection-type', 'modbus');
  await page.fill('#connection-name', 'oven');
  await page.fill('#connection-host', '127.0.0.1');
  await page.fill('#connection-port', process.env.DEVICE);
  await page.fill('#connection-every', '100ms');
  await page.fill('#register-0-name', 'temperature');
  await page.fill('#register-0-address', 'forty');
  await button('Save').click();
  await page.locator('.field-problem', { hasText: "'address' of a register is a whole number" }).waitFor();
  await page.fill('#register-0-address', '40');
  await page.selectOption('#register-0-type', 'string');
  await page.waitForSelector('#register-0-length');
  is(await page.locator('#register-0-scale').count(), 0, 'scales of a text');
  await page.selectOption('#register-0-type', 'int16');
  await page.fill('#register-0-scale', '0.1');
  await button('Add register').click();
  await page.fill('#register-1-name', 'run');
  await page.selectOption('#register-1-table', 'coil');
  is(await page.locator('#register-1-type').count(), 0, 'types of a coil');
  await page.fill('#register-1-address', '5');
  await page.fill('#register-1-twin', 'pk-02');
  await page.fill('#register-1-property', 'mode');
  await shot(page, 'connection-modbus-light');
  await accessible(page);
  await fits(page, 'the registers');
  await button('Take out the register run').click();
  await button('Save').click();
  await waitFor('h1', 'oven');
  await page.waitForSelector('.connection-state [data-state=connected]');
  await waitFor('.connection-state', 'Polls[1-9]');
  is(JSON.stringify((await stored('oven')).connection.registers), '[{"name":"temperature","address":40,"type":"int16","scale":0.1}]', 'the registers');
});

await holds('the list leads to a connection, which is deleted with its consequence told', async () => {
  is((await api('PUT', '/api/v1/bindings/ovens', { source: { connection: 'oven' }, twin: 'pk-02', fields: [{ from: 'temperature', to: 'tmpF' }] })).status, 200, 'a binding of it');
  await to('#/sources');
  await page.getByRole('link', { name: 'oven' }).click();
  await button('Delete …').click();
  ok((await text('dialog')).includes('What it wrote stays'), 'the consequence is not told');
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.panel .row-link').length === 1);
  is((await api('GET', '/api/v1/connections/oven')).status, 404, 'the connection');
  await waitFor('.toast', "binding 'ovens' takes what it brought");
  await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
  await to('#/sources/nobody');
  await waitFor('.empty', 'There is no connection nobody');
});

const keys = generateKeyPairSync('ed25519');
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = () => {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'EdDSA', kid: 'k1' })}.${part({ iss: 'https://login.story', sub: 'pk02-gw', aud: 'pollux', nbf: now - 5, exp: now + 300 })}`;
  return `${signed}.${sign(null, Buffer.from(signed), keys.privateKey).toString('base64url')}`;
};
const comesIn = () => publish('pk02-gw', token(), 'twins/pk-02/telemetry', { amps: 2.5 });

await holds('an issuer is written, and a device comes in by a token that it signed', async () => {
  is((await api('PUT', '/api/v1/devices/pk02-gw', { twins: ['pk-02'] })).status, 201, 'the device');
  ok(comesIn() !== '', 'it was let in before');
  await to('#/issuers');
  await page.waitForSelector('.empty code');
  await accessible(page);
  await page.keyboard.press('n');
  await page.waitForSelector('#issuer-name');
  is(await page.locator('.field-problem').count(), 0, 'what is wrong before anything was typed');
  await button('Save').click();
  await waitFor('#issuer-name-help.field-problem', 'for example plant');
  await page.fill('#issuer-text', 'https://login.story');
  await page.fill('#issuer-name', 'story');
  await page.fill('#issuer-key-0-kid', 'k1');
  await page.fill('#issuer-key-0-pem', 'no key');
  await button('Save').click();
  await page.waitForSelector('p.field-problem');
  await shot(page, 'issuer-new-light');
  await accessible(page);
  await fits(page, 'the form of an issuer');
  await page.fill('#issuer-key-0-pem', keys.publicKey.export({ type: 'spki', format: 'pem' }));
  await button('Save').click();
  await waitFor('h1', 'story');
  is(comesIn(), '', 'what the device is told');
});

await holds('its keys are changed side by side, and it is deleted with its consequence told', async () => {
  await button('Add key').click();
  await page.fill('#issuer-key-1-kid', 'k2');
  await page.fill('#issuer-key-1-pem', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }));
  await waitFor('.twin-facts', 'Changed, not saved');
  await button('Save').click();
  await page.waitForFunction(() => !/not saved/.test(document.querySelector('.twin-facts').textContent));
  is((await api('GET', '/api/v1/issuers/story')).body.keys.map((key) => key.kid).join(), 'k1,k2', 'the keys');
  is(comesIn(), '', 'what the device is told');
  await shot(page, 'issuer-light');
  await accessible(page);
  await to('#/issuers');
  await waitFor('.issuers', 'k1 EdDSA, k2 EdDSA');
  await accessible(page);
  await fits(page, 'the issuers');
  await page.getByRole('link', { name: 'story' }).click();
  await button('Delete …').click();
  ok((await text('dialog')).includes('connections that they opened end'), 'the consequence is not told');
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForSelector('.empty code');
  ok(comesIn() !== '', 'it was let in afterwards');
});

await holds('a reader may look, and is told why not more', async () => {
  const { body } = await api('POST', '/api/v1/tokens', { name: 'story', role: 'reader' });
  const other = await open('#/sources/plant', { token: body.token });
  await other.waitForSelector('#connection-host');
  const save = other.getByRole('button', { name: 'Save' });
  ok(await save.isDisabled(), 'a reader may save');
  ok((await save.getAttribute('title')).includes('administrator'), 'the reason is not told');
  await other.context().close();
});

await holds('in Chinese a refusal is said in Chinese, with the server\'s own words behind', async () => {
  const other = await open('#/sources/new', { locale: 'zh-CN' });
  await other.fill('#connection-name', 'other');
  await other.fill('#connection-host', '127.0.0.1');
  await other.fill('#connection-port', '80x');
  await other.getByRole('button', { name: '保存' }).click();
  await other.waitForFunction(() => /^连接文档的内容有误。（'port' is a whole number/.test(document.querySelector('#connection-port-help')?.textContent ?? ''));
  await other.context().close();
});

await holds('in Chinese what is wrong with a connection, and what helps, is said in Chinese', async () => {
  is((await api('PUT', '/api/v1/connections/nowhere', { type: 'mqtt', host: 'broker.invalid', clientId: 'story-2', topics: [{ filter: 'a' }] })).status, 200, 'the connection');
  const other = await open('#/sources/nowhere', { locale: 'zh-CN' });
  await other.waitForFunction(() => /主机名无法解析。（.*请确认主机名正确/.test(document.querySelector('.connection-state')?.textContent ?? ''));
  await other.context().close();
  is((await api('DELETE', '/api/v1/connections/nowhere')).status, 204, 'the end of the connection');
});

await api('PUT', '/api/v1/connections/oven', { type: 'modbus', enabled: false, host: 'plc.story', registers: [{ name: 'a', address: 1, type: 'string', length: 8 }, { name: 'b', address: 9, type: 'float32' }] });
await api('PUT', '/api/v1/issuers/story', { issuer: 'https://login.story', keys: [{ kid: 'k1', algorithm: 'EdDSA', publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }) }] });
for (const [name, options] of LOOKS) {
  await holds(`connections and issuers are accessible: ${name}`, async () => {
    const other = await open('#/sources/plant', options);
    for (const [hash, there] of [['#/sources/plant', '.facts'], ['#/sources/oven', '.facts'], ['#/sources/new', '#connection-name'], ['#/issuers', '.issuers td'], ['#/issuers/story', '#issuer-text'], ['#/nowhere', '.empty']]) {
      await other.goto(other.url().replace(/#.*/, hash));
      await other.waitForSelector(there);
      await shot(other, `${hash.slice(2).replace('/', '-')}-${name}`);
      await accessible(other);
    }
    await other.context().close();
  });
}

await end();
