// SPDX-License-Identifier: Apache-2.0
// The console in a real browser against a real server, in which a plant runs (`pollux demo`).
//
//   POLLUX_URL=http://127.0.0.1:7780 POLLUX_TOKEN=… node console_page.mjs [--shots DIR]
//
// POLLUX_TWIN     a work unit's id; without it the third unit of the line
// POLLUX_CHANGE   a shell command that changes a value of that twin (default: the page's own Stop
//                 button, and Start at the end), POLLUX_PROPERTY which one (default `state`), and
//                 POLLUX_EXPECT the text that its tile then shows (default: the model's word for
//                 `stopped`)
// CHROMIUM        the browser; default /usr/bin/chromium. Without it the test is skipped (exit 77).
import { execSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { accessible, drawn, end, holds, is, newPage, noise, ok, SERVER, shot, still } from './console_kit.mjs';

const TOKEN = process.env.POLLUX_TOKEN;

/** A twin that the page is asked for and that there is not. */
const NOBODY = 'there-is-no-such-twin';

const line = await cuttableLine(new URL(SERVER));
const URL_ = line.url;

/** The browser reaches the server through this line, so that it can be cut and mended. */
async function cuttableLine({ hostname, port }) {
  const ends = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(Number(port || 80), hostname);
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => (ends.delete(end), near.destroy(), far.destroy()));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: () => ((whole = false), ends.forEach((end) => end.destroy())),
    mend: () => (whole = true),
  };
}

/** Being nobody before signing in is no complaint, nor is what is asked of the twin that does not exist, also after the page
 *  has gone on. */
const open = (options) => newPage(options, (text, asked) => /status of 401/.test(text) || (/status of 404/.test(text) && asked.includes(`/${NOBODY}`)));
async function signIn(page) {
  await page.goto(URL_ + '/');
  await page.fill('#token', TOKEN);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.unit .figure');
}
const text = (page, selector) => page.locator(selector).first().innerText();

/** No word of a unit's state is cut off, however wide the page is. */
async function statesAreWhole() {
  const was = page.viewportSize();
  for (const width of [1440, 1024, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await drawn(page);
    const cut = await page.evaluate(() => [...document.querySelectorAll('.unit-state')].filter((s) => s.scrollWidth > s.clientWidth).map((s) => s.innerText));
    ok(cut.length === 0, `at ${width} px “${cut.join('”, “')}” is cut off`);
  }
  await page.setViewportSize(was);
}

const page = await open({ colorScheme: 'dark' });

await holds('nobody sees anything without a token', async () => {
  await page.goto(URL_ + '/');
  await page.waitForSelector('#token');
  is(await page.locator('.unit').count(), 0, 'the number of units');
  await page.click('button[type=submit]');
  ok((await text(page, '#token-help')).includes('Paste a token'), 'an empty field is not explained');
  await page.fill('#token', 'not-a-token');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#token-help')?.textContent?.includes('does not know'));
  await shot(page, 'sign-in-dark');
  await accessible(page);
});

await signIn(page);
await page.waitForSelector('.pill-dot.live');
await page.evaluate(() => (window.notReloaded = true));

await holds('the overview shows the line: five units in order, buffers between, the plant in one sentence', async () => {
  is(await page.locator('.unit').count(), 5, 'the number of units');
  ok((await page.locator('.buffer').count()) >= 1, 'no buffer is drawn');
  await page.waitForFunction(() => (document.querySelector('.page-head p')?.textContent ?? '').length > 3);
  await page.waitForFunction(() => [...document.querySelectorAll('.unit-word')].every((w) => w.textContent !== 'No state yet'));
});

await holds('the line moves by itself', async () => {
  const before = await text(page, '.line-panel');
  await page.waitForFunction((was) => document.querySelector('.line-panel').innerText !== was, before, { timeout: 30_000 });
});

await holds('the time bar says that it is live and what time it is', async () => {
  is(await text(page, '.pill'), 'Live', 'the pill');
  const clock = await text(page, '.clock time');
  await page.waitForFunction((was) => document.querySelector('.clock time').innerText !== was, clock);
});

await still(page);
await shot(page, 'overview-dark');
await holds('the overview is accessible in dark', () => accessible(page));

await holds('the theme goes from system to light to dark, and stays over a reload', async () => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.click('button[aria-label="Theme: System"]');
  const light = await background();
  ok(dark !== light, `both are ${dark}`);
  await page.reload();
  await page.waitForSelector('.unit .figure');
  is(await background(), light, 'the background after a reload');
  await page.evaluate(() => (window.notReloaded = true));
  await still(page);
  await shot(page, 'overview-light');
});
await holds('the overview is accessible in light', () => accessible(page));

await holds('the language changes without a reload, and nothing is left behind', async () => {
  await page.click('.header .language');
  await page.waitForFunction(() => document.documentElement.lang === 'zh-Hans');
  ok(await page.evaluate(() => window.notReloaded), 'the page was reloaded');
  const all = await page.evaluate(() => document.body.innerText);
  ok(/总览/.test(all) && /实时/.test(all), 'no Chinese is seen');
  for (const word of ['Overview', 'Twins', 'Throughput', 'What changed', 'States', 'Live', 'Last 15 min', 'Running', 'Order']) {
    ok(!all.includes(word), `“${word}” is still English`);
  }
  await shot(page, 'overview-light-zh');
  await accessible(page);
});

await page.click('.header .language');
await page.waitForFunction(() => document.documentElement.lang === 'en');

const units = page.locator('.unit a');
const href = process.env.POLLUX_TWIN ? `#/twin/${encodeURIComponent(process.env.POLLUX_TWIN)}` : await units.nth(2).getAttribute('href');
const property = process.env.POLLUX_PROPERTY ?? 'state';
const tile = `.tile:has([title="${property}"])`;

await holds('a unit opens by keyboard, with unit, age and quality at each value', async () => {
  const link = page.locator(`.unit a[href="${href}"]`);
  await link.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('.tile .figure');
  ok((await page.locator('.tile').count()) >= 5, 'fewer than five values are shown');
  const all = await text(page, '.tiles');
  for (const part of ['mm/s', '°C', 'kW', 'good']) ok(all.includes(part), `“${part}” is not on the page`);
  await page.waitForFunction(() => document.querySelectorAll('.tile .spark path').length >= 3);
  await page.waitForSelector('.history canvas');
  await shot(page, 'twin-light');
  await accessible(page);
});

await holds('a value that is changed from outside is seen to change, without a reload', async () => {
  const shown = () => page.locator(`${tile} .figure`).innerText();
  const before = await shown();
  const started = Date.now();
  if (process.env.POLLUX_CHANGE) execSync(process.env.POLLUX_CHANGE, { stdio: ['ignore', 'ignore', 'inherit'] });
  else await page.getByRole('button', { name: 'Stop', exact: true }).click();
  const wanted = process.env.POLLUX_EXPECT ?? 'Stopped';
  await page.waitForFunction(([selector, w]) => document.querySelector(selector)?.textContent === w, [`${tile} .figure`, wanted], { timeout: 20_000 });
  ok(before !== wanted || process.env.POLLUX_EXPECT, `it was “${before}” before`);
  ok(await page.evaluate(() => window.notReloaded), 'the page was reloaded');
  console.log(`        ${property}: “${before}” became “${wanted}” after ${Date.now() - started} ms`);
  await shot(page, 'twin-changed-light');
});

if (!process.env.POLLUX_CHANGE) {
  await holds('the unit stands in the sentence of the plant, and starts again', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.waitForSelector('.unit.standing');
    await statesAreWhole();
    await page.waitForFunction(() => /not run/.test(document.querySelector('.page-head p')?.textContent ?? ''));
    await shot(page, 'overview-stopped-light');
    await page.goto(`${URL_}/${href}`);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForFunction((selector) => document.querySelector(selector)?.textContent !== 'Stopped', `${tile} .figure`, { timeout: 20_000 });
  });
}

await holds('range, chart and layout are in the address: reload keeps them, Back undoes them', async () => {
  await page.goto(`${URL_}/${href}`);
  await page.waitForSelector('.tile');
  await page.selectOption('.range select', '5m');
  await page.waitForFunction(() => location.hash.includes('range=5m'));
  await page.keyboard.press('Escape');
  await page.goto(`${URL_}/${href}`);
  await page.waitForSelector('.tile');
  await page.locator('.tile:has([title="power"]) button').click();
  await page.waitForFunction(() => location.hash.includes('p=power'));
  await page.locator('.segmented button').nth(1).click();
  await page.waitForSelector('.table td');
  await page.reload();
  await page.waitForSelector('.table td');
  ok((await page.evaluate(() => location.hash)).includes('as=table'), 'the table is not in the address');
  await shot(page, 'twin-table');
  await accessible(page);
  await page.goBack();
  await page.waitForSelector('.tiles');
});

await holds('the palette finds a unit by its name and goes there', async () => {
  await page.goto(`${URL_}/#/`);
  await page.waitForSelector('.unit .figure');
  // Until its twin is read, a unit is called by its id.
  await page.waitForFunction(() => [...document.querySelectorAll('.unit-word')].every((w) => w.textContent !== 'No state yet'));
  const name = (await page.locator('.unit-name .clip').nth(1).innerText()).trim();
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette-field input:focus');
  await page.keyboard.type(name);
  await page.waitForFunction((n) => document.querySelector('.palette-list [aria-selected=true]')?.textContent?.includes(n), name);
  await accessible(page);
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => document.querySelector('h1')?.textContent === n, name);
  await page.keyboard.press('?');
  await page.waitForSelector('.keys');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog'));
});

await holds('the list of twins can be narrowed', async () => {
  await page.goto(`${URL_}/#/twins`);
  await page.waitForSelector('.table tbody tr');
  const all = await page.locator('.table tbody tr').count();
  await page.fill('input[type=search]', 'buffer');
  await page.waitForFunction((n) => document.querySelectorAll('.table tbody tr').length < n, all);
  await page.fill('input[type=search]', 'no such twin at all');
  await page.waitForSelector('.empty');
  await accessible(page);
});

await holds('a twin that does not exist is answered in the words of the server', async () => {
  await page.goto(`${URL_}/#/twin/${NOBODY}`);
  await page.waitForSelector('.failed');
  ok((await text(page, '.failed')).length > 20, 'there is no sentence');
});

await holds('without a server the page says so, marks what it shows, and comes back by itself', async () => {
  await page.goto(`${URL_}/#/`);
  await page.waitForSelector('.unit .figure');
  await page.waitForSelector('.pill-dot.live');
  line.cut();
  await page.waitForSelector('.time-bar.lost', { timeout: 20_000 });
  await page.waitForSelector('.unit.stale');
  ok(/No server for/.test(await text(page, '.lost .pill')), 'the pill does not say it');
  await shot(page, 'lost-light');
  await accessible(page);
  line.mend();
  await page.waitForSelector('.pill-dot.live', { timeout: 20_000 });
  for (let i = noise.length - 1; i >= 0; i--) if (/net::ERR_/.test(noise[i])) noise.splice(i, 1);
});

await holds('nothing overflows from 1440 px down to 320 px', async () => {
  for (const view of ['#/', href, '#/twins']) {
    await page.goto(`${URL_}/${view}`);
    await page.waitForSelector('.panel, .tiles');
    for (const width of [1440, 1024, 720, 390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      await drawn(page);
      const over = await page.evaluate(() => Math.max(document.documentElement.scrollWidth - innerWidth, document.getElementById('main').scrollWidth - document.getElementById('main').clientWidth));
      ok(over <= 0, `${view} is ${over} px too wide at ${width}`);
    }
  }
});

await holds('the state of a unit is whole, and on a phone a share has its unit', async () => {
  await page.goto(`${URL_}/#/`);
  await page.waitForSelector('.unit .figure');
  await statesAreWhole();
  await page.setViewportSize({ width: 390, height: 844 });
  ok(/^\d+ %$/.test(await text(page, '.buffer .faint')), 'a buffer on a phone has no %');
  await page.goto(`${URL_}/${href}?p=power`);
  await page.waitForSelector('.history canvas');
  is(await text(page, '.history .panel-head .clip'), 'kW', 'the unit of the chart on a phone');
  await page.setViewportSize({ width: 1440, height: 900 });
});

await holds('a page without twins gives commands that exist', async () => {
  await page.route('**/api/v1/twins?*', (route) => route.fulfill({ json: { items: [] } }));
  await page.goto(`${URL_}/#/twins`);
  await page.goto(`${URL_}/#/`);
  await page.reload();
  await page.waitForSelector('.empty code');
  const lines = await page.locator('.empty code').allInnerTexts();
  ok(lines.length >= 2, `there are ${lines.length} commands`);
  for (const line of lines) execSync(`${process.env.POLLUX ?? 'pollux'} ${line.replace(/^\S+ /, '')} --help`, { stdio: ['ignore', 'ignore', 'inherit'] });
  await page.unroute('**/api/v1/twins?*');
});

const phone = await open({ colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' });
await holds('a Chinese phone gets Chinese and a page that fits it', async () => {
  await signIn(phone);
  is(await phone.evaluate(() => document.documentElement.lang), 'zh-Hans', 'the language');
  await shot(phone, 'phone-overview-dark-zh');
  await accessible(phone);
  await phone.goto(`${URL_}/${href}`);
  await phone.waitForSelector('.tile .figure');
  await still(phone);
  await shot(phone, 'phone-twin-dark-zh');
});

const contrast = await open({ contrast: 'more', colorScheme: 'light' });
await holds('who asks for high contrast gets it', async () => {
  await signIn(contrast);
  is(await contrast.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(0, 0, 0)', 'the background');
  await shot(contrast, 'overview-contrast');
  await accessible(contrast);
});

await holds('signing out shuts the door', async () => {
  await contrast.click('button[aria-label="Sign out"]');
  await contrast.waitForSelector('#token');
  await contrast.reload();
  await contrast.waitForSelector('#token');
});

await end();
