// SPDX-License-Identifier: Apache-2.0
// Bindings and rejects in a real browser: what a device sends to a topic of its own is heard, mapped field by field,
// stored, and is a value on the page of its twin; what could not be mapped is told with its cure, mended and replayed.
import { api, publish, publishAny, until } from './console_mqtt.mjs';
import { accessible, end, fits, holds, is, LOOKS, ok, open, shot, write } from './console_kit.mjs';

const TOPIC = 'packing/pk02/gw/data';
const message = (more) => ({ dev: 'pk02-gw', t: Math.floor(Date.now() / 1000), d: { tmp_f: 212, amps: 11.87, cnt_ok: 184021, st: 1 }, fw: '2.8.1', ...more });
const page = await open('#/bindings');
const text = (selector) => page.locator(selector).innerText();
const button = (name) => page.getByRole('button', { name, exact: true });
const values = async () => (await api('GET', '/api/v1/twins/pk-02')).body.values;
const waitFor = (selector, pattern) => page.waitForFunction(([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? ''), [selector, pattern]);

await holds('without bindings the list says what to do', async () => {
  await page.waitForSelector('.empty code');
  await shot(page, 'bindings-empty-light');
  await accessible(page);
  await fits(page, 'the empty list');
});

/** The token of a listening that begins now on that page. */
const tokenOf = async (where) => (await (await where.waitForResponse((response) => response.url().endsWith('/api/v1/tokens'))).json()).token;

let token = '';
await holds('a new one listens to plain topics, and offers what was heard', async () => {
  await page.keyboard.press('n');
  const made = tokenOf(page);
  await button('Listen').click();
  token = await made;
  await page.waitForFunction(() => /Nothing has come yet/.test(document.querySelector('.payload')?.textContent ?? ''));
  is(publishAny(TOPIC, message()), '', 'what the publisher is told');
  publishAny('hall/light', 'on');
  await page.getByRole('button', { name: TOPIC }).waitFor();
  await page.getByRole('button', { name: /hall\/light/ }).waitFor();
  await shot(page, 'binding-topics-light');
  await accessible(page);
  await fits(page, 'the topics');
});

await holds('chosen and given a twin, the values that the model knows are mapped', async () => {
  await page.getByRole('button', { name: TOPIC }).click();
  await page.locator('.verdict').getByRole('button', { name: '/d/st' }).waitFor();
  is(await page.locator('.field-problem').count(), 0, 'what is wrong before anything was typed');
  await page.fill('#map-twin', 'pk-02');
  await button('Suggest').click();
  await waitFor('.fields', '11.87');
  const rows = await page.locator('.fields tbody tr').allInnerTexts();
  ok(rows.some((row) => row.includes('184,021')), `the count is not there: ${rows.join('|')}`);
  is(await page.inputValue('#map-time'), '/t', 'the place of the time');
  ok((await text('.verdict')).includes('/fw') && (await text('.verdict')).includes('/d/st'), `not told what is left over: ${await text('.verdict')}`);
});

await holds('a unit that is sent is turned into that of the model', async () => {
  await waitFor('.fields', '212');
  await page.getByLabel('Field 1, Unit sent').fill('degreeFahrenheit');
  await waitFor('.preview', '100');
  ok((await text('.preview')).includes('°C'), 'the unit of the model is not shown');
});

await holds('what is left over is mapped with a click; what the model does not take says what mends it', async () => {
  await page.locator('.verdict').getByRole('button', { name: '/d/st' }).click();
  await page.getByLabel('Field 4, Property').fill('state');
  // What was tried before the property was named is another miss.
  await waitFor('.missed-row .miss', 'map it with values');
  await page.locator('.miss').getByRole('button', { name: 'Running' }).waitFor();
  await shot(page, 'binding-miss-light');
  await accessible(page);
  await fits(page, 'the mapping');
});

await holds('as text it is the document, and a break of it is told', async () => {
  await page.getByRole('button', { name: 'As text' }).click();
  await page.waitForSelector('.cm-content');
  const before = await page.locator('.cm-content').innerText();
  await write(page, '{');
  await page.getByRole('button', { name: 'Fields' }).click();
  await waitFor('.mapping', 'no JSON document');
  await page.getByRole('button', { name: 'As text' }).click();
  await write(page, before);
  const doc = JSON.parse(before);
  is(doc.source.mqtt, TOPIC, 'the topic in the document');
  doc.fields[3] = { from: '/d/st', to: 'state', values: { 0: 'stopped', 1: 'running' } };
  await write(page, JSON.stringify(doc, null, 1));
  await waitFor('.preview', 'Running');
  await accessible(page);
  await page.getByRole('button', { name: 'Fields' }).click();
  ok((await text('.fields')).includes('1→running'), 'the words are not shown');
  await shot(page, 'binding-light');
});

await holds('nothing was written so far', async () => is(JSON.stringify(await values()), '{}', 'the values of the twin'));

await holds('saved under a name it takes what is published: the value is on the page of the twin', async () => {
  await button('Save …').click();
  await page.locator('dialog').getByRole('button', { name: 'Save' }).click();
  await page.waitForSelector('#binding-name-help.field-problem');
  await page.fill('#binding-name', 'packers');
  await page.keyboard.press('Enter');
  await waitFor('h1', 'packers');
  is(publishAny(TOPIC, message({ d: { tmp_f: 122, amps: 12.5, cnt_ok: 184022, st: 1 } })), '', 'what the publisher is told');
  await page.getByRole('link', { name: 'Twins' }).first().click();
  await page.getByRole('link', { name: 'pk-02' }).first().click();
  await waitFor('.tiles', '12\\.5');
  ok((await text('.tiles')).includes('50'), 'the temperature was not turned');
  ok((await text('.tiles')).includes('Running'), 'the state is not there');
});

await holds('the token of the listening ended with it', async () => {
  ok(/^plx_/.test(token), 'no token was seen');
  await until(async () => (await api('GET', '/api/v1/session', undefined, token)).status === 401, 'the end of the token');
});

await holds('a token that a killed browser left is deleted when somebody listens again', async () => {
  const { body } = await api('POST', '/api/v1/tokens', { name: 'left', role: 'reader' });
  await page.evaluate((id) => localStorage.setItem('pollux.listening', JSON.stringify({ [id]: Date.now() - 120_000 })), body.id);
  await page.goto(page.url().replace(/#.*/, '#/bindings/packers'));
  await button('Listen').click();
  await until(async () => (await api('GET', '/api/v1/session', undefined, body.token)).status === 401, 'the end of the token');
  // A socket that is closed before it is open is an error that the browser prints.
  await waitFor('.payload', 'Nothing has come yet');
  await button('Stop').click();
  await page.waitForFunction(() => localStorage.getItem('pollux.listening') === null);
});

await holds('a value that nobody explained is refused, with its cure, and opens in its binding', async () => {
  publishAny(TOPIC, message({ d: { amps: 13, st: 2 } }));
  publishAny(TOPIC, message({ d: { amps: 13.5, st: 2 } }));
  await page.goto(page.url().replace(/#.*/, '#/bindings'));
  await page.waitForSelector('.bindings td');
  await page.locator('.bindings').getByRole('link', { name: '2' }).click();
  await page.waitForSelector('.reject');
  const first = await page.locator('.reject').first().innerText();
  ok(first.includes("'values' does not know '2'") && first.includes('binding.values'), `the reason: ${first}`);
  ok(first.includes('Add the value'), `the cure: ${first}`);
  is(await page.locator('.reject').count(), 2, 'rejects');
  await shot(page, 'rejects-light');
  await accessible(page);
  await fits(page, 'the rejects');
  await page.locator('.reject').first().getByRole('link', { name: 'Open in binding' }).click();
  await page.waitForSelector('.missed-row .miss');
});

await holds('its meaning is one of the words of the model, chosen with a click, and saved', async () => {
  await page.locator('.miss').getByRole('button', { name: 'Blocked' }).click();
  await page.waitForFunction(() => !document.querySelector('.missed-row'));
  await waitFor('.preview', 'Blocked');
  await waitFor('.twin-facts', 'Changed, not saved');
  await button('Save').click();
  await page.waitForFunction(() => !/Changed, not saved/.test(document.querySelector('.twin-facts').textContent));
  await waitFor('.toast', 'takes messages');
  is((await api('GET', '/api/v1/bindings/packers')).body.binding.fields[3].values[2], 'blocked', 'the stored word');
});

await holds('replayed, one and then the rest, they leave the list and become values', async () => {
  await page.goto(page.url().replace(/#.*/, '#/rejects?binding=packers'));
  await page.waitForSelector('.reject');
  await page.locator('.reject').first().getByRole('button', { name: 'Replay' }).click();
  await waitFor('.toast', 'Offered 1, taken 1 with 1 value, left 0');
  await page.waitForFunction(() => document.querySelectorAll('.reject').length === 1);
  await button('Replay 1').click();
  await page.waitForFunction(() => document.querySelectorAll('.reject').length === 0);
  is((await values()).state.value, 'blocked', 'the state of the twin');
});

await holds('two who write at once: the second is told, and nothing is lost', async () => {
  await page.goto(page.url().replace(/#.*/, '#/bindings/packers'));
  await page.waitForSelector('.fields');
  const { body } = await api('GET', '/api/v1/bindings/packers');
  is((await api('PUT', '/api/v1/bindings/packers', { ...body.binding, enabled: true })).status, 200, 'the other one');
  await page.getByLabel('Field 2, Unit sent').fill('milliampere');
  await button('Save').click();
  await page.waitForSelector('.toast-place[role=alert] .toast');
  is((await api('GET', '/api/v1/bindings/packers')).body.binding.fields[1].unit, undefined, 'the unit that is stored');
  await page.locator('.toast').getByRole('button', { name: 'Close' }).click();
  await waitFor('.elsewhere', 'Somebody else has stored');
  is(await page.getByLabel('Field 2, Unit sent').inputValue(), 'milliampere', 'what was typed');
  await shot(page, 'binding-elsewhere-light');
  await accessible(page);
  await fits(page, 'the question which of the two it shall be');
  await page.getByRole('button', { name: /^Keep mine/ }).click();
  const read = page.waitForResponse((answer) => answer.request().method() === 'GET' && answer.url().endsWith('/bindings/packers'));
  await button('Save').click();
  await read;
  is((await api('GET', '/api/v1/bindings/packers')).body.binding.fields[1].unit, 'milliampere', 'the unit that is stored');
  is((await api('PUT', '/api/v1/bindings/packers', body.binding)).status, 200, 'the other one');
  await page.getByLabel('Field 2, Unit sent').fill('kiloampere');
  await button('Save').click();
  await page.getByRole('button', { name: /^Discard mine/ }).click();
  await page.waitForFunction(() => !document.querySelector('.elsewhere'));
  is(await page.getByLabel('Field 2, Unit sent').inputValue(), '', 'the unit of the other one');
  ok(!(await text('.twin-facts')).includes('not saved'), 'it is said to be changed');
});

await holds('what is typed while it is being saved stays, and so do the messages and the listening', async () => {
  await button('Listen').click();
  await waitFor('.payload', 'Nothing has come yet');
  publishAny(TOPIC, message({ d: { amps: 14 } }));
  await page.getByRole('button', { name: TOPIC }).click();
  let pass = () => {};
  const held = new Promise((done) => (pass = done));
  const slow = async (route) => {
    if (route.request().method() === 'PUT') await held;
    await route.continue();
  };
  await page.route('**/api/v1/bindings/packers', slow);
  await page.getByLabel('Field 2, Unit sent').fill('milliampere');
  await button('Save').click();
  await page.getByLabel('Field 2, Unit sent').fill('kiloampere');
  const again = page.waitForResponse((answer) => answer.request().method() === 'GET' && answer.url().endsWith('/bindings/packers'));
  pass();
  await again; // it is stored, and the page reads what is stored now
  await page.waitForFunction(() => !document.querySelector('.twin-head .sending'));
  await page.unroute('**/api/v1/bindings/packers', slow);
  is((await api('GET', '/api/v1/bindings/packers')).body.binding.fields[1].unit, 'milliampere', 'the unit that was sent');
  is(await page.getByLabel('Field 2, Unit sent').inputValue(), 'kiloampere', 'what was typed meanwhile');
  await waitFor('.twin-facts', 'Changed, not saved');
  ok((await text('.payload')).includes(TOPIC), 'the messages are gone');
  ok(await button('Stop').isVisible(), 'the listening ended');
  await page.getByLabel('Field 2, Unit sent').fill('');
  await button('Save').click();
  await until(async () => (await api('GET', '/api/v1/bindings/packers')).body.binding.fields[1].unit === undefined, 'the unit as it was');
});

await holds('large payloads are tried, as many of the newest as one request takes', async () => {
  for (let i = 0; i < 40; i++) publishAny(TOPIC, message({ d: { amps: i }, pad: 'x'.repeat(30_000) }));
  await waitFor('.preview', 'Current\\s*39');
  ok(!(await page.locator('.verdict .field-problem').count()), 'the trial was refused');
});

await holds('a payload that is nested a thousandfold harms nothing', async () => {
  publishAny(TOPIC, '['.repeat(20_000) + ']'.repeat(20_000));
  await waitFor('.payload-text', '…');
  await page.waitForSelector('.verdict .field-problem');
  await button('Stop').click();
});

await holds('switched off it takes nothing, and on again it does', async () => {
  await page.reload();
  await page.waitForSelector('.fields');
  await button('Switch off').click();
  await waitFor('h1', 'off');
  publishAny(TOPIC, message({ d: { amps: 99 } }));
  ok((await values()).amps.value !== 99, 'it took a message');
  await button('Switch on').click();
  await waitFor('h1', 'on');
  publishAny(TOPIC, message({ d: { amps: 98 } }));
  await until(async () => (await values()).amps.value === 98, 'the value');
});

await holds('a pasted payload is tried without any listening, one that is no JSON too', async () => {
  await button('Paste a payload …').click();
  await page.fill('#paste-topic', TOPIC);
  await page.fill('#paste-body', '{"d":{"amps":7.25}}');
  await accessible(page);
  await page.locator('dialog').getByRole('button', { name: 'Use it' }).click();
  await waitFor('.preview', '7\\.25');
  await button('Paste a payload …').click();
  await page.fill('#paste-body', 'no json');
  await page.locator('dialog').getByRole('button', { name: 'Use it' }).click();
  await waitFor('.payload', 'no JSON');
  await page.waitForSelector('.verdict .field-problem');
  await accessible(page);
});

await holds('a device that sends an unknown name is found among the rejects, and a binding is begun with it', async () => {
  const { body } = await api('PUT', '/api/v1/devices/pk02-gw', { twins: ['pk-02'] });
  ok(publish('pk02-gw', body.key, 'twins/pk-02/telemetry', { ampss: 3 }).includes('did you mean'), 'the device is not told');
  await page.goto(page.url().replace(/#.*/, '#/rejects'));
  await waitFor('.rejects', "did you mean 'amps'");
  await page.selectOption('select[aria-label="Any sender"]', 'pk02-gw');
  await page.waitForFunction(() => location.hash.includes('sender=pk02-gw'));
  await page.waitForSelector('.reject');
  await page.locator('.reject').first().getByRole('link', { name: 'Write a binding' }).click();
  await waitFor('.payload', 'ampss');
  await page.goto(page.url().replace(/#.*/, '#/rejects?sender=nobody'));
  await page.getByRole('button', { name: 'Clear filter' }).click();
  await page.waitForSelector('.reject');
});

await holds('a binding for many machines makes the twins that are missing', async () => {
  await page.goto(page.url().replace(/#.*/, '#/bindings/new'));
  await page.evaluate(() => localStorage.removeItem('pollux.binding'));
  await page.reload();
  await button('Listen').click();
  await page.waitForFunction(() => /Nothing has come yet/.test(document.querySelector('.payload')?.textContent ?? ''));
  publishAny('hall/pk-77/raw', { amps: 4.5, cnt_ok: 12 });
  await page.getByRole('button', { name: 'hall/pk-77/raw' }).click();
  await page.fill('#map-topic', 'hall/{machine}/raw');
  await page.fill('#map-twin', '{machine}');
  await page.selectOption('#map-model', 'dtmi:story:Packer;1');
  await button('Suggest').click();
  await waitFor('.preview', '4\\.5');
  ok((await text('.preview')).includes('pk-77') && (await text('.preview')).includes('new'), 'it is not said that the twin will be new');
  await accessible(page);
  await shot(page, 'binding-create-light');
  await button('Save …').click();
  await page.fill('#binding-name', 'halls');
  await page.keyboard.press('Enter');
  await waitFor('h1', 'halls');
  publishAny('hall/pk-78/raw', { amps: 5.5, cnt_ok: 13 });
  await until(async () => (await api('GET', '/api/v1/twins/pk-78')).body.values?.amps?.value === 5.5, 'the new twin');
});

await holds('signed out while listening, the token of the listening ends too', async () => {
  const other = await open('#/bindings/packers');
  const made = tokenOf(other);
  await other.getByRole('button', { name: 'Listen', exact: true }).click();
  const own = await made;
  await other.getByText('Nothing has come yet').waitFor();
  is((await api('GET', '/api/v1/session', undefined, own)).status, 200, 'the token while it is used');
  await other.getByRole('button', { name: 'Sign out' }).click();
  await other.waitForSelector('#token');
  is((await api('GET', '/api/v1/session', undefined, own)).status, 401, 'the token afterwards');
  is(await other.evaluate(() => localStorage.getItem('pollux.listening')), null, 'what is kept');
  await other.context().close();
});

await holds('a binding is deleted with its consequence told', async () => {
  await api('PUT', '/api/v1/bindings/gone', { source: { mqtt: 'gone' }, twin: 'pk-02', fields: [{ from: 'a', to: 'amps' }] });
  await page.goto(page.url().replace(/#.*/, '#/bindings/gone'));
  await button('Delete …').click();
  ok((await text('dialog')).includes('What it wrote stays'), 'the consequence is not told');
  await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.waitForSelector('.bindings td');
  is((await api('GET', '/api/v1/bindings/gone')).status, 404, 'the binding');
});

publishAny(TOPIC, message({ d: { amps: 13, st: 7 } }));
for (const [name, options] of LOOKS) {
  await holds(`bindings and rejects are accessible: ${name}`, async () => {
    const other = await open('#/bindings', options);
    await other.waitForSelector('.bindings td');
    await shot(other, `bindings-${name}`);
    await accessible(other);
    await other.goto(other.url().replace(/#.*/, '#/rejects'));
    await other.waitForSelector('.reject');
    await shot(other, `rejects-${name}`);
    await accessible(other);
    await other.locator('.reject').first().locator('a.button').click();
    await other.waitForSelector('.miss');
    await other.waitForSelector('.preview dd');
    await shot(other, `binding-${name}`);
    await accessible(other);
    await other.context().close();
  });
}

await end();
