// SPDX-License-Identifier: Apache-2.0
// The page of a twin in a real browser while its device is away, comes, applies, rejects and answers: what is desired
// goes from pending to delivered to applied, commands are called with a form and their answers are told.
import { api, connect, publish, until } from './console_mqtt.mjs';
import { accessible, end, fits, holds, is, LOOKS, ok, open, SERVER, shot } from './console_kit.mjs';

const { body: device } = await api('PUT', '/api/v1/devices/pk02-gw', { twins: ['pk-02'] });
const say = (topic, payload) => publish('pk02-gw', device.key, `twins/pk-02/${topic}`, payload);
const come = () => connect('pk02-gw', device.key, 'twins/pk-02/desired', 'twins/pk-02/commands/#');
is(say('telemetry', { tmpF: 66.2, amps: 11.87, cntOk: 184021, state: 'running', speedSetpoint: 1400 }), '', 'what the device is told');

const page = await open('#/twin/pk-02');
const button = (name) => page.getByRole('button', { name, exact: true });
const dialog = page.locator('dialog');
const row = (name) => page.locator('.desired tr', { hasText: name }).first();
const status = (name, wanted) => page.waitForFunction(([n, s]) => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes(n) && tr.querySelector(`[data-status="${s}"]`)), [name, wanted]);
const waitFor = (selector, pattern) => page.waitForFunction(([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? ''), [selector, pattern]);
const desired = async () => (await api('GET', '/api/v1/twins/pk-02/desired')).body;
/** The tables beside the values need no scrolling. */
const whole = async () => ok(await page.evaluate(() => [...document.querySelectorAll('.freshness .table-box, .desired .table-box')].every((box) => box.scrollWidth <= box.clientWidth)), 'a table beside the values is cut off');
/** The wish is sent and said, so that what is undone is that one and not the one before. */
const undo = async () => {
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
};
let there;

await holds('what may be wished for stands beside what is', async () => {
  await row('Speed setpoint').waitFor();
  ok((await row('Speed setpoint').innerText()).includes('1,400'), 'what is reported is not there');
  ok((await row('Mode').innerText()).includes('not set'), 'it is not said that nothing is wished for');
});

await holds('a value that stands alone is a point in its chart', async () => {
  await page.waitForFunction(() => {
    const canvas = document.querySelector('.chart canvas');
    const { data } = canvas ? canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height) : { data: [] };
    const [r, g, b] = getComputedStyle(document.documentElement).getPropertyValue('--data-1').match(/\w\w/g).map((hex) => parseInt(hex, 16));
    for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) return true;
    return false;
  });
});

await holds('what is no number is told at once, and nothing is sent', async () => {
  await row('Speed setpoint').getByRole('button', { name: 'Set' }).click();
  await page.fill('#desired-value', '1,9oo');
  await page.keyboard.press('Enter');
  await waitFor('dialog .field-problem', '1,9oo');
  ok((await dialog.innerText()).includes('for example 1900.5'), 'it is not said what would be right');
  is(JSON.stringify(await desired()), '{}', 'what is desired');
  await accessible(page);
});

await holds('wished for while the device is away it is pending', async () => {
  await page.fill('#desired-value', '1900');
  await page.keyboard.press('Enter');
  await status('Speed setpoint', 'pending');
  ok((await row('Speed setpoint').innerText()).includes('1,900'), 'the wish is not shown');
  await shot(page, 'control-pending-light');
  await accessible(page);
  await fits(page, 'the twin');
});

await holds('the device comes and it is delivered; it reports the same and it is applied', async () => {
  there = come();
  await until(() => there.heard.find(([topic]) => topic === 'twins/pk-02/desired'), 'the wish at the device');
  await status('Speed setpoint', 'delivered');
  is(say('reported', { speedSetpoint: 1900 }), '', 'what the device is told');
  await status('Speed setpoint', 'applied');
  await waitFor('.desired', 'all agree');
});

await holds('a wish is undone: what was wished for before is wished for again', async () => {
  await row('Speed setpoint').getByRole('button', { name: 'Set' }).click();
  is(await page.inputValue('#desired-value'), '1900', 'the form begins with');
  await page.fill('#desired-value', '2000');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await until(async () => (await desired()).speedSetpoint.value === 2000, 'the wish');
  await undo();
  await until(async () => (await desired()).speedSetpoint.value === 1900, 'the wish before');
});

await holds('what the device rejects says so, with its reason', async () => {
  await row('Mode').getByRole('button', { name: 'Set' }).click();
  await page.fill('#desired-value', 'turbo');
  await dialog.getByRole('button', { name: 'Set' }).click();
  const told = await until(() => there.heard.find(([, payload]) => payload.includes('turbo')), 'the wish at the device');
  is(say('desired/response', { $version: JSON.parse(told[1]).$version, status: 'rejected', properties: ['mode'], reason: 'no such mode' }), '', 'what the device is told');
  await status('Mode', 'rejected');
  ok((await page.locator('.desired').innerText()).includes('no such mode'), 'the reason is not told');
  await shot(page, 'control-rejected-light');
  await accessible(page);
});

await holds('a wish with an end times out', async () => {
  there.close();
  await row('Mode').getByRole('button', { name: 'Set' }).click();
  await page.fill('#desired-value', 'slow');
  await page.selectOption('#desired-ends', '60');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await until(async () => (await desired()).mode.expires, 'the end of the wish');
  await waitFor('.desired', 'ends \\d\\d:\\d\\d');
  await api('PATCH', '/api/v1/twins/pk-02/desired?expiry=1', { mode: 'slower' });
  await status('Mode', 'timed out');
});

await holds('a wish is taken back, and undone', async () => {
  await row('Mode').getByRole('button', { name: 'Set' }).click();
  await dialog.getByRole('button', { name: 'Take back' }).click();
  await until(async () => (await desired()).mode === undefined, 'the end of the wish');
  await page.waitForFunction(() => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes('Mode') && tr.textContent.includes('not set')));
  await undo();
  await until(async () => (await desired()).mode?.value === 'slower', 'the wish again');
});

await holds('undone, a wish that had an end has it again', async () => {
  await api('PATCH', '/api/v1/twins/pk-02/desired?expiry=600', { mode: 'slow' });
  const { expires } = (await desired()).mode;
  await page.waitForFunction(() => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes('slow') && !tr.textContent.includes('slower') && /ends/.test(tr.textContent)));
  await row('Mode').getByRole('button', { name: 'Set' }).click();
  await page.fill('#desired-value', 'fast');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await until(async () => (await desired()).mode.value === 'fast', 'the wish');
  is((await desired()).mode.expires, null, 'the end of the new one');
  await undo();
  await until(async () => (await desired()).mode.value === 'slow', 'the wish before');
  const off = Date.parse((await desired()).mode.expires) - Date.parse(expires);
  ok(Math.abs(off) < 5000, `it ends ${off} ms later than before`);
});

await holds('a time opened and sent as it stands is the same instant, and a long number is what was typed', async () => {
  await api('PATCH', '/api/v1/twins/pk-02/desired', { due: '2026-11-01T12:00:00+02:00' });
  const before = (await desired()).due.version;
  await page.waitForFunction(() => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes('Due') && tr.querySelector('[data-status]')));
  await row('Due').getByRole('button', { name: 'Set' }).click();
  ok((await dialog.innerText()).includes('UTC'), 'the zone is not told');
  ok((await row('Due').innerText()).includes('1 Nov 2026, 10:00:00'), 'the instant is not told as the others are');
  await shot(page, 'control-time-light');
  await whole();
  await dialog.getByRole('button', { name: 'Set' }).click();
  const due = await until(async () => ((await desired()).due.version > before ? (await desired()).due : undefined), 'the wish');
  is(Date.parse(due.value), Date.parse('2026-11-01T10:00:00Z'), 'the instant');
  await row('Lot').getByRole('button', { name: 'Set' }).click();
  await page.fill('#desired-value', '9007199254740993');
  await dialog.getByRole('button', { name: 'Set' }).click();
  const raw = async () => (await fetch(`${SERVER}/api/v1/twins/pk-02/desired`, { headers: { Authorization: `Bearer ${process.env.POLLUX_TOKEN}` } })).text();
  await until(async () => (await raw()).includes('"value":9007199254740993'), 'the number that was typed');
  await page.waitForFunction(() => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes('Lot') && tr.querySelector('[data-status]')));
  await row('Lot').getByRole('button', { name: 'Set' }).click();
  is(await page.inputValue('#desired-value'), '9007199254740993', 'what the form begins with');
  ok((await row('Lot').innerText()).includes('9,007,199,254,740,993'), 'the number is shown rounded');
  await page.keyboard.press('Escape');
  await api('PATCH', '/api/v1/twins/pk-02/desired', { due: null, lot: null });
});

await holds('a command is called with a form made from its schema, and its answer is told', async () => {
  there = come();
  await page.locator('.commands li', { hasText: 'Set recipe' }).getByRole('button').click();
  ok((await dialog.innerText()).includes('Changes what is packed'), 'the model is not quoted');
  await page.fill('#command-payload-number', 'x');
  await dialog.getByRole('button', { name: 'Call' }).click();
  await waitFor('dialog .field-problem', 'number');
  await page.fill('#command-payload-number', '14');
  await page.fill('#command-payload-note', 'half litre');
  await page.selectOption('#command-timeout', '30');
  say('telemetry', { amps: 60 });
  await until(async () => (await api('GET', '/api/v1/twins/pk-02')).body.values.amps.value === 60, 'the value');
  await dialog.getByRole('button', { name: 'Check' }).click();
  await waitFor('dialog .field-problem', 'Let it run down first');
  const refused = page.waitForResponse((answer) => answer.url().includes('/commands/setRecipe') && answer.request().method() === 'POST');
  await dialog.getByRole('button', { name: 'Call' }).click();
  is((await refused).status(), 409, 'the status of the call');
  await waitFor('dialog .field-problem', 'Let it run down first');
  is((await api('GET', '/api/v1/twins/pk-02/commands')).body.items.length, 0, 'commands that were given');
  say('telemetry', { amps: 12 });
  await until(async () => (await api('GET', '/api/v1/twins/pk-02')).body.values.amps.value === 12, 'the value');
  await dialog.getByRole('button', { name: 'Check' }).click();
  await waitFor('dialog .judge', 'All conditions hold');
  await accessible(page);
  await shot(page, 'control-call-light');
  await dialog.getByRole('button', { name: 'Call' }).click();
  await page.waitForSelector('.executions [data-status=pending]');
  const [topic, payload] = await until(() => there.heard.find(([t]) => t.includes('/commands/setRecipe/')), 'the command at the device');
  is(payload, '{"number":14,"note":"half litre"}', 'the payload');
  is(say(`${topic.slice('twins/pk-02/'.length)}/response`, { status: 'applied', payload: 14 }), '', 'what the device is told');
  await page.waitForSelector('.executions [data-status=applied]');
  await waitFor('.toast', 'Set recipe: applied');
  await page.locator('.executions [data-status=applied] button').click();
  const told = await page.locator('.execution-body').innerText();
  ok(told.includes('14') && told.includes('half litre') && told.includes('pk02-gw') && told.includes('admin'), `what is told: ${told}`);
  await shot(page, 'control-answered-light');
  await accessible(page);
  await fits(page, 'the commands');
});

await holds('one that asks for nothing is a button, and what the device rejects says why', async () => {
  await page.locator('.twin-head').getByRole('button', { name: 'Stop' }).click();
  const [topic] = await until(() => there.heard.find(([t]) => t.includes('/commands/stop/')), 'the command at the device');
  say(`${topic.slice('twins/pk-02/'.length)}/response`, { status: 'rejected', payload: 'guard open' });
  await waitFor('.toast', 'rejected. guard open');
  await page.waitForSelector('.executions [data-status=rejected]');
  there.close();
});

await holds('a device that is faster than the answer to the call is told all the same', async () => {
  there = come();
  let pass = () => {};
  const held = new Promise((done) => (pass = done));
  const slow = async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  };
  await page.route('**/commands/stop?*', slow);
  const before = await page.locator('.executions [data-status=applied]').count();
  await page.locator('.commands li', { hasText: 'Stop' }).first().getByRole('button').click();
  await page.selectOption('#command-timeout', '30');
  await dialog.getByRole('button', { name: 'Call' }).click();
  const [topic] = await until(() => there.heard.find(([t]) => t.includes('/commands/stop/')), 'the command at the device');
  say(`${topic.slice('twins/pk-02/'.length)}/response`, { status: 'applied' });
  await page.waitForFunction((count) => document.querySelectorAll('.executions [data-status=applied]').length > count, before);
  ok(!(await page.locator('.toast', { hasText: 'Stop: applied' }).count()), 'it is told before it is known whose it is');
  pass();
  await waitFor('.toast', 'Stop: applied');
  await page.unroute('**/commands/stop?*', slow);
  there.close();
});

await holds('one that nobody answers times out', async () => {
  await page.locator('.twin-head').getByRole('button', { name: 'Stop' }).click();
  await page.waitForSelector('.executions [data-status=pending]');
  await page.waitForSelector('.executions [data-status="timed out"]');
});

await holds('one for a device that is away waits for it, and its answer is told when it comes', async () => {
  await page.locator('.commands li', { hasText: 'Stop' }).first().getByRole('button').click();
  await page.selectOption('#command-expiry', '3600');
  await page.selectOption('#command-timeout', '30');
  await dialog.getByRole('button', { name: 'Call' }).click();
  await waitFor('.toast', 'waits for its device');
  await page.waitForSelector('.executions [data-status=pending]');
  there = come();
  const [topic] = await until(() => there.heard.find(([t]) => t.includes('/commands/stop/')), 'the command at the device');
  await page.waitForSelector('.executions [data-status=delivered]');
  say(`${topic.slice('twins/pk-02/'.length)}/response`, { status: 'applied' });
  await waitFor('.toast', 'Stop: applied');
  await page.locator('.executions li', { hasText: 'Stop' }).first().getByRole('button').click();
  ok((await page.locator('.execution-body').first().innerText()).includes('to pk02-gw'), 'the attempt is not told');
  there.close();
});

await holds('how fresh a twin is stands in its head, at its values and in the header, as the server judges it', async () => {
  await page.waitForSelector('[data-freshness=unknown]');
  const beat = setInterval(() => say('telemetry', { pace: 51.6 }), 500);
  try {
    await page.waitForSelector('[data-freshness=fresh]');
    await page.waitForFunction(() => /1 twin fresh/.test(document.querySelector('.fresh-counts')?.textContent ?? ''));
    await waitFor('.freshness td:nth-child(4)', '\\d s');
    await shot(page, 'control-fresh-light');
    await accessible(page);
  } finally {
    clearInterval(beat);
  }
  await page.waitForSelector('[data-freshness=stale]');
  const tile = page.locator('.tile', { hasText: 'Pace' });
  await page.waitForFunction(() => [...document.querySelectorAll('.tile.stale')].some((one) => one.textContent.includes('Pace')));
  ok((await tile.innerText()).includes('stale'), 'the age does not say that it is stale');
  is(await page.locator('.tile.stale').count(), 1, 'stale tiles: of the others nothing is declared');
  ok((await page.locator('.freshness').innerText()).includes('1 s'), 'what is expected is not told');
  await whole();
  await shot(page, 'control-stale-light');
  await accessible(page);
  await fits(page, 'the stale twin');
});

await holds('from the header the stale twins are listed', async () => {
  await page.waitForFunction(() => /1 twin stale/.test(document.querySelector('.fresh-counts')?.textContent ?? ''));
  await page.locator('.fresh-counts a').last().click();
  await page.waitForFunction(() => location.hash.includes('state=stale') && document.querySelectorAll('tbody tr').length === 1);
  ok((await page.locator('tbody tr').innerText()).includes('stale'), 'the mark is not in the list');
  await shot(page, 'twins-stale-light');
  await accessible(page);
  await fits(page, 'the stale twins');
  await page.locator('.fresh-counts a').first().click();
  await page.getByRole('button', { name: 'Clear filter' }).last().click();
  await page.waitForSelector('tbody tr');
  await page.goto(`${SERVER}/#/twins?state=else`); // no state that twins are listed by: all of them
  await page.waitForFunction(() => location.hash.includes('else') && document.querySelectorAll('tbody tr').length === 1 && !document.querySelector('.pill-filter'));
});

await holds('what changes between the first reading and the opening of the stream is shown', async () => {
  const other = await open('#/');
  let pass = () => {};
  const held = new Promise((done) => (pass = done));
  await other.route('**/api/v1/stream?twins=*', async (route) => (await held, route.continue()));
  await other.goto(other.url().replace(/#.*/, '#/twin/pk-02'));
  await other.waitForFunction(() => [...document.querySelectorAll('.desired tr')].some((tr) => tr.textContent.includes('Mode') && tr.querySelector('[data-status]')));
  await api('PATCH', '/api/v1/twins/pk-02/desired', { mode: 'between' });
  pass();
  await other.waitForFunction(() => /between/.test(document.querySelector('.desired')?.textContent ?? ''));
  await other.context().close();
});

for (const [name, options] of LOOKS) {
  await holds(`desired and commands are accessible: ${name}`, async () => {
    const other = await open('#/twin/pk-02', options);
    await other.waitForSelector('.executions li');
    await other.waitForSelector('.desired [data-status]');
    await shot(other, `control-${name}`);
    await other.locator('.commands').scrollIntoViewIfNeeded();
    if (name.startsWith('phone')) await shot(other, `control-${name}-2`);
    await accessible(other);
    await other.locator('.desired button').first().click();
    await other.waitForSelector('dialog #desired-value');
    await shot(other, `control-set-${name}`);
    await accessible(other);
    await other.context().close();
  });
}

await end();
