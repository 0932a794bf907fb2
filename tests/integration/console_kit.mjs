// SPDX-License-Identifier: Apache-2.0
// What the console's stories share: a browser, pages that are signed in, sentences that must hold,
// axe, and widths at which nothing may overflow. POLLUX_URL and POLLUX_TOKEN say which server;
// --shots DIR keeps pictures, --first ends with the first sentence that does not hold.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../../console/package.json', import.meta.url));
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const TOKEN = process.env.POLLUX_TOKEN ?? '';
const SHOTS = process.argv.includes('--shots') ? process.argv[process.argv.indexOf('--shots') + 1] : '';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const SERVER = process.env.POLLUX_URL ?? '';

/** How else a screen is looked at: theme, contrast, language, width. */
export const LOOKS = Object.entries({
  'dark': { colorScheme: 'dark' }, 'contrast': { contrast: 'more' }, 'zh': { locale: 'zh-CN' },
  '1024-dark': { colorScheme: 'dark', viewport: { width: 1024, height: 768 } },
  'phone-zh': { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN' },
});

if (!existsSync(BROWSER)) {
  console.log(`skipped: there is no browser at ${BROWSER}`);
  process.exit(77);
}
if (!SERVER || !TOKEN) {
  console.error('POLLUX_URL and POLLUX_TOKEN say which server to look at');
  process.exit(2);
}
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: BROWSER, args: FLAGS });
/** What the browser complained of. */
export const noise = [];
let passed = 0;
let failed = 0;

/** One sentence that must hold. The others go on, so that one run tells all that is wrong. */
export async function holds(sentence, body) {
  try {
    await body();
    passed++;
    console.log(`ok      ${sentence}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${sentence}\n        ${String(error?.message ?? error).split('\n').slice(0, 14).join('\n        ')}`);
    if (process.argv.includes('--first')) process.exit(1);
  }
}
export function ok(value, what) {
  if (!value) throw new Error(what);
}
export function is(got, wanted, what = '') {
  if (got !== wanted) throw new Error(`${what} is ${JSON.stringify(got)}, should be ${JSON.stringify(wanted)}`);
}

/** A browser prints every refused request; the stories send some that must be refused. */
const isRefusal = (text) => /status of [45]\d\d|ERR_FAILED/.test(text);

/** A page of its own, at nothing yet. `isExpected`: whether a complaint with that text, of that address, may come. */
export async function newPage(options = {}, isExpected = isRefusal) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', acceptDownloads: true, ...options });
  await context.addInitScript(AXE);
  const page = await context.newPage();
  page.setDefaultTimeout(40_000); // for a machine that is busy with much else
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text(), message.location().url)) noise.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => noise.push(String(error)));
  return page;
}

/** A page that is signed in (with `token`, else as the administrator), at `hash`. */
export async function open(hash, { token = TOKEN, ...options } = {}) {
  const page = await newPage(options);
  await page.goto(SERVER + '/');
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.shell');
  await page.goto(`${SERVER}/${hash}`);
  return page;
}

export const shot = async (page, name) => SHOTS && (await page.screenshot({ path: join(SHOTS, name + '.png') }));

/** What was changed is drawn. */
export const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
/** And all that moves has arrived: what is half way in has half its contrast. What turns for ever is not waited for. */
export async function still(page) {
  await drawn(page);
  await page.evaluate(() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished.catch(() => undefined))).then(() => undefined));
}

/** Nothing is wrong by WCAG 2.2 A and AA. */
export async function accessible(page) {
  await still(page);
  const found = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  const flaws = found.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).join(' | ')}`);
  ok(flaws.length === 0, flaws.join('\n'));
}

/** Nothing is wider than its window, down to a window of 320 px. */
export async function fits(page, what) {
  const was = page.viewportSize();
  for (const width of [1440, 1024, 720, 390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await drawn(page);
    const over = await page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('#main, .split-main, .split-side, .model')].map((box) => box.scrollWidth - box.clientWidth)));
    ok(over <= 0, `${what} is ${over} px too wide at ${width}: ${over > 0 ? await widest(page) : ''}`);
  }
  await page.setViewportSize(was);
}

/** What sticks out the most, to be found quickly. */
const widest = (page) => page.evaluate(() => {
  const reach = (box) => box.getBoundingClientRect().right;
  const edge = document.querySelector('#main').getBoundingClientRect().left + document.querySelector('#main').clientWidth;
  const all = [...document.querySelectorAll('#main *')].filter((box) => reach(box) > edge).sort((a, b) => reach(b) - reach(a));
  return all.slice(0, 4).map((box) => `${box.tagName.toLowerCase()}.${box.className} ${Math.round(reach(box))}`).join(', ');
});

/** Puts a text into the editor, in place of what is there. */
export async function write(page, text) {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

export async function end() {
  await holds('the browser had nothing to complain about', async () => ok(noise.length === 0, noise.join('\n')));
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}
