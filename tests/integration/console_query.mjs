// SPDX-License-Identifier: Apache-2.0
// Queries in a real browser: completion, rows as a table and as they came, the caret of a broken
// query, more pages, files, links that run, and stopping.
import { readFileSync } from 'node:fs';
import { accessible, end, fits, holds, is, LOOKS, ok, open, SERVER, shot, write } from './console_kit.mjs';

const page = await open('#/query');
const link = (text) => `${SERVER}/#/query?${new URLSearchParams({ q: text })}`;
const units = "SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:pollux:manufacturing:WorkUnit;1')";

await holds('a query runs by Ctrl Enter and shows rows, time and cost', async () => {
  await page.waitForSelector('.cm-content');
  await write(page, units);
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.result-box td');
  is(await page.locator('.result-box tbody tr').count(), 5, 'the number of units');
  ok(/5 rows/.test(await page.locator('.plan-sum').innerText()), 'the time and rows are not said');
  ok(/cost/.test(await page.locator('.plan-sum').innerText()), 'the cost is not said');
  await page.waitForFunction(() => document.querySelector('.plan-steps')?.childElementCount > 0);
  await shot(page, 'query-light');
  await accessible(page);
  await fits(page, 'the query');
});

await holds('the address has the query: a reload runs it again, and Back shows the one before', async () => {
  await page.reload();
  await page.waitForSelector('.result-box td');
  await page.goto(link('SELECT COUNT() FROM DIGITALTWINS T'));
  await page.waitForFunction(() => document.querySelector('.result-box th')?.textContent === 'COUNT');
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('.result-box tbody tr').length === 5);
  await page.waitForFunction(() => document.querySelector('.editor').shadowRoot.querySelector('.cm-content').textContent.includes('IS_OF_MODEL'));
});

await holds('the answer is shown as it came, too, and the address says so', async () => {
  await page.getByRole('button', { name: 'Raw' }).click();
  await page.waitForSelector('.raw');
  ok((await page.locator('.raw').innerText()).includes('"$dtId"'), 'the raw answer is not there');
  ok((await page.evaluate(() => location.hash)).includes('as=raw'), 'it is not in the address');
  await accessible(page);
  await page.getByRole('button', { name: 'Table' }).click();
});

await holds('a twin and a model in the answer are one click away', async () => {
  ok(((await page.locator('.result-box .row-link').first().getAttribute('href')) ?? '').startsWith('#/twin/'), 'no link to a twin');
  ok(((await page.locator('.result-box a.link').first().getAttribute('href')) ?? '').startsWith('#/models/'), 'no link to a model');
});

await holds('a broken query is marked at its word, with what would be right, and mended by it', async () => {
  await write(page, 'SELECT *\nFORM DIGITALTWINS T');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.remark');
  is(await page.locator('.wave').innerText(), 'FORM', 'the marked word');
  is(await page.locator('.cm-gutterElement.wrong').innerText(), '2', 'the marked line');
  await shot(page, 'query-broken-light');
  await accessible(page);
  await page.getByRole('button', { name: 'Use FROM' }).click();
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.result-box td');
  await page.waitForFunction(() => !document.querySelector('.editor').shadowRoot.querySelector('.remark'));
});

await holds('keywords, models and what a model has are proposed while one types', async () => {
  const proposed = async () => (await page.locator('.cm-tooltip-autocomplete li').allInnerTexts()).join('\n');
  await write(page, 'SELECT * FROM DIGITALTWINS T ');
  await page.keyboard.type('whe');
  await page.waitForSelector('.cm-tooltip-autocomplete li[aria-selected]');
  ok((await proposed()).includes('WHERE'), 'WHERE is not proposed');
  await page.waitForTimeout(100); // a list takes no key in its first 75 ms, by its own rule
  await page.keyboard.press('Enter');
  await page.keyboard.type(' T.bea');
  await page.waitForFunction(() => document.querySelector('.editor').shadowRoot.querySelector('.cm-tooltip-autocomplete li')?.textContent.includes('bearingTemperature'));
  await shot(page, 'query-completion-light');
  await accessible(page);
  await page.waitForTimeout(100);
  await page.keyboard.press('Enter');
  await page.keyboard.type(" > 0 AND IS_OF_MODEL(T, 'Work");
  await page.waitForFunction(() => document.querySelector('.editor').shadowRoot.querySelector('.cm-tooltip-autocomplete li')?.textContent.includes('dtmi:pollux'));
  await page.keyboard.press('Escape');
});

// The page notes what was typed a quarter of a second later. An address is there before its event is: for as long as this one is held back.
const led = async (href) => {
  await page.evaluate((to) => history.pushState(null, '', to), href);
  await page.waitForTimeout(500);
};
const told = () => page.evaluate(() => dispatchEvent(new HashChangeEvent('hashchange')));

await holds('a link that comes while the page is about to note what was typed is followed', async () => {
  await write(page, 'SELECT COUNT() FROM DIGITALTWINS T');
  await led(link(units));
  is(await page.evaluate(() => location.href), link(units), 'the address');
  await told();
  await page.waitForFunction(() => document.querySelectorAll('.result-box tbody tr').length === 5);
  await write(page, 'SELECT COUNT() FROM DIGITALTWINS T');
  await led(`${link(units)}&as=raw`); // of the same query another choice
  const noted = new URLSearchParams((await page.evaluate(() => location.hash)).split('?')[1]);
  is(`${noted.get('q')} ${noted.get('as')}`, 'SELECT COUNT() FROM DIGITALTWINS T raw', 'text and choice');
});

await holds('and from a page whose address has no query yet', async () => {
  await page.goto(`${SERVER}/#/`);
  await page.goto(`${SERVER}/#/query`);
  await page.waitForSelector('.cm-content');
  await write(page, 'SELECT COUNT() FROM DIGITALTWINS T');
  await led('#/models');
  is(await page.evaluate(() => location.hash), '#/models', 'the address');
  await told();
  await page.waitForSelector('.model-tree, .tree');
});

await holds('the rows are taken along as CSV and JSON', async () => {
  await page.goto(link(units));
  await page.waitForFunction(() => document.querySelectorAll('.result-box tbody tr').length === 5);
  const file = async (name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name, exact: true }).click()]);
    return readFileSync(await download.path(), 'utf8');
  };
  is((await file('CSV')).trim().split('\r\n').length, 6, 'the lines of the CSV');
  is(JSON.parse(await file('JSON')).length, 5, 'the rows of the JSON');
});

await holds('what ran is listed, and runs again from there', async () => {
  ok((await page.locator('.recent li').count()) >= 3, 'fewer than three queries are listed');
  await page.locator('.recent a', { hasText: 'COUNT()' }).click();
  await page.waitForFunction(() => document.querySelector('.result-box th')?.textContent === 'COUNT');
});

await holds('a page that is not the last has a way to the next', async () => {
  await page.route('**/query?*', async (route) => {
    const body = route.request().postDataJSON();
    if (/^EXPLAIN/.test(body.query ?? '')) return route.fulfill({ json: { value: [{ step: 'Model index', model: 'Drive;2', twins: 46 }, { step: 'Filter', twins: 12 }], continuationToken: null } });
    const first = !body.continuationToken;
    return route.fulfill({ json: { value: [{ id: first ? 'one' : 'two', n: first ? 1.5 : -20 }], continuationToken: first ? 'more' : null }, headers: { 'query-charge': '2.5' } });
  });
  // The page remembers that a server knew no plans; a new page asks again.
  await page.goto(link('SELECT T.n FROM DIGITALTWINS T'));
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll('.result-box tbody tr').length === 1);
  await page.getByRole('button', { name: 'More rows' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.result-box tbody tr').length === 2);
  ok(/page by page/.test(await page.locator('.result-head').innerText()), 'two pages are called one state');
  ok(/cost 5\.00/.test(await page.locator('.plan-sum').innerText()), 'the cost of both pages is not added up');
  is(await page.locator('.result-box td.num').last().innerText(), '−20.0', 'the second figure');
});

await holds('a plan is shown as the server tells it', async () => {
  await page.waitForSelector('.plan-step');
  ok(/Model index/.test(await page.locator('.plan-step').first().innerText()), 'the step has no name');
  ok(/twins 46/.test(await page.locator('.plan-step').first().innerText()), 'the step has no figures');
  await shot(page, 'query-plan-light');
  await accessible(page);
  await page.unroute('**/query?*');
});

await holds('a query that takes long is stopped by hand, and a server that fails is told', async () => {
  await page.route('**/query?*', () => undefined);
  await page.goto(link('SELECT * FROM DIGITALTWINS slow'));
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.waitForFunction(() => /Stopped/.test(document.querySelector('.split-main')?.textContent ?? ''));
  await page.unroute('**/query?*');
  await page.route('**/query?*', (route) => route.fulfill({ status: 429, json: { error: { code: 'QuotaReachedError', message: 'The query looked at too many twins.', details: [{ code: 'query.cost', message: 'x' }] } } }));
  await page.getByRole('button', { name: /Run/ }).click();
  await page.waitForSelector('.failed');
  ok((await page.locator('.failed').innerText()).includes('too many twins'), 'the sentence of the server is not shown');
  await accessible(page);
  await page.unroute('**/query?*');
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.waitForSelector('.result-box td');
});

await holds('the palette goes to queries and models', async () => {
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette-field input:focus');
  await page.keyboard.type('#WorkUnit');
  await page.waitForFunction(() => /WorkUnit/.test(document.querySelector('.palette-list [aria-selected=true]')?.textContent ?? ''));
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash.startsWith('#/models/dtmi'));
  await page.locator('h1').click();
  await page.keyboard.press('g');
  await page.keyboard.press('q');
  await page.waitForFunction(() => location.hash.startsWith('#/query'));
});

for (const [name, options] of LOOKS) {
  await holds(`queries are accessible: ${name}`, async () => {
    const other = await open('#/query', options);
    await other.goto(link(units));
    await other.waitForSelector('.result-box td');
    await other.waitForSelector('.cm-content');
    await shot(other, `query-${name}`);
    await accessible(other);
    await other.context().close();
  });
}

await end();
