// SPDX-License-Identifier: Apache-2.0
// Models in a real browser: a broken one is marked where it is broken, mended with what the server
// proposes, uploaded, found in the tree with its heir, taken out of use, and deleted.
import { accessible, end, fits, holds, is, LOOKS, ok, open, shot, write } from './console_kit.mjs';

const BASE = 'dtmi:story:Drive;1';
const HEIR = 'dtmi:story:Spindle;1';
const model = (schema) => `[
  {
    "@context": "dtmi:dtdl:context;3",
    "@id": "${BASE}",
    "@type": "Interface",
    "displayName": { "en": "Drive", "zh-Hans": "驱动电机" },
    "description": { "en": "Electric drive with its bearings.", "zh-Hans": "带轴承的驱动电机。" },
    "contents": [
      { "@type": "Property", "name": "serial", "displayName": { "en": "Serial", "zh-Hans": "序列号" }, "schema": "${schema}" }
    ]
  },
  {
    "@context": "dtmi:dtdl:context;3", "@id": "${HEIR}", "@type": "Interface", "extends": "${BASE}",
    "contents": [ { "@type": "Telemetry", "name": "load", "schema": "double" } ]
  }
]
`;

const page = await open('#/models');
const row = (name) => page.locator('.tree li', { hasText: name }).first();

await holds('the tree shows the models of the plant, with their twins, and fits every window', async () => {
  await page.waitForSelector('.tree li');
  ok((await page.locator('.tree li').count()) >= 5, 'fewer than five models are shown');
  await page.waitForFunction(() => /\d/.test(document.querySelector('.tree li .faint:last-child')?.textContent ?? ''));
  await accessible(page);
  await fits(page, 'the tree');
});

await holds('a model tells what it has, in both languages, who uses it, and how it is written', async () => {
  await row('WorkUnit').click();
  await page.waitForSelector('.contents td');
  ok((await page.locator('.contents').innerText()).includes('mm/s'), 'the unit of the vibration is not said');
  await shot(page, 'model-light');
  await accessible(page);
  await page.getByRole('button', { name: '中文' }).last().click();
  await page.waitForFunction(() => /轴承温度/.test(document.querySelector('.contents')?.textContent ?? ''));
  await page.getByRole('tab', { name: /Used by/ }).click();
  await page.waitForSelector('.users-twins');
  await shot(page, 'model-users-light');
  await accessible(page);
  await page.getByRole('tab', { name: 'Source' }).click();
  await page.waitForSelector('.cm-content');
  ok((await page.locator('.cm-content').innerText()).includes('"@context"'), 'the source is not shown');
  await shot(page, 'model-source-light');
  await accessible(page);
  await fits(page, 'a model');
});

await holds('a broken model is marked on its line, at its word, with what would be right', async () => {
  await page.keyboard.press('Escape');
  await page.locator('h1, .split-hint').first().click();
  await page.keyboard.press('n');
  await page.waitForSelector('.cm-content');
  await write(page, model('strnig'));
  await page.waitForSelector('.remark');
  is(await page.locator('.wave').first().innerText(), '"strnig"', 'the marked word');
  const marked = await page.locator('.cm-gutterElement.wrong').innerText();
  is(marked, '9', 'the marked line');
  ok((await page.locator('.remark').innerText()).startsWith('9:'), 'the box does not say the place');
  ok(await page.getByRole('button', { name: 'Upload', exact: true }).last().isDisabled(), 'a broken model could be uploaded');
  await page.getByRole('button', { name: '1 error' }).click();
  await shot(page, 'model-editor-light');
  await accessible(page);
  await fits(page, 'the draft');
});

await holds('letters that are typed into the editor are text and not keys', async () => {
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' go');
  ok((await page.evaluate(() => location.hash)).startsWith('#/models/new'), 'the page went elsewhere');
  await write(page, model('strnig'));
  await page.waitForSelector('.remark');
});

await holds('mended as proposed it is clean, uploads, and stands in the tree with its heir', async () => {
  await page.getByRole('button', { name: 'Use string' }).click();
  await page.waitForFunction(() => /No errors/.test(document.querySelector('.model-foot')?.textContent ?? ''));
  await page.locator('.model-head').getByRole('button', { name: 'Upload', exact: true }).click();
  await page.waitForSelector('.contents td');
  await row('Drive').waitFor();
  await row('Spindle').waitFor();
  is(await row('Spindle').getAttribute('aria-level'), '2', 'the depth of the heir');
  await row('Spindle').click();
  await page.waitForFunction(() => /load/.test(document.querySelector('.contents')?.textContent ?? ''));
  is(await page.locator('.contents tr.inherited').count(), 1, 'what it inherits');
  await shot(page, 'model-heir-light');
});

await holds('the arrows walk the tree, and Enter opens', async () => {
  await row('Drive').focus();
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => ![...document.querySelectorAll('.tree li')].some((li) => li.textContent.includes('Spindle')));
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => [...document.querySelectorAll('.tree li')].some((li) => li.textContent.includes('Spindle')));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('h1')?.textContent?.includes('Spindle'));
});

await holds('a file that is dropped becomes the draft, and is told that it is there already', async () => {
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], 'drive.json', { type: 'application/json' }));
    document.querySelector('.split').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, model('string'));
  await page.waitForFunction(() => /2 errors/.test(document.querySelector('.model-foot')?.textContent ?? ''));
  ok((await page.locator('.remark').first().innerText()).includes('already exist'), 'it is not said that the model exists');
  await page.getByRole('button', { name: 'Discard' }).click();
});

await holds('a text that is pasted outside of any field becomes the draft, too', async () => {
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData('text/plain', '{ "@id": 7 }');
    document.querySelector('h1, .split-hint').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  });
  await page.waitForSelector('.remark');
  ok((await page.locator('.cm-content').innerText()).includes('"@id": 7'), 'the text is not in the editor');
  await page.getByRole('button', { name: 'Discard' }).click();
});

await holds('the next version is written from this one', async () => {
  await row('Spindle').click();
  await page.getByRole('button', { name: 'Edit as new version' }).click();
  await page.waitForFunction(() => /No errors/.test(document.querySelector('.model-foot')?.textContent ?? ''));
  ok((await page.locator('.cm-content').innerText()).includes('dtmi:story:Spindle;2'), 'the version is not the next');
  await page.getByRole('button', { name: 'Discard' }).click();
});

await holds('a model is taken out of use, back again, and deleted with its consequence told', async () => {
  await row('Spindle').click();
  await page.getByRole('button', { name: 'Decommission' }).click();
  await page.waitForSelector('.tag');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForFunction(() => !document.querySelector('.tag'));
  await page.getByRole('button', { name: 'Delete …' }).click();
  await page.waitForFunction(() => /No twin has it/.test(document.querySelector('dialog')?.textContent ?? ''));
  await accessible(page);
  await page.getByRole('button', { name: 'Delete Spindle' }).click();
  await page.waitForFunction(() => ![...document.querySelectorAll('.tree li')].some((li) => li.textContent.includes('Spindle')));
});

await holds('what the server refuses is said in its words', async () => {
  await row('Drive').click();
  await page.route('**/models/*', (route) => (route.request().method() === 'DELETE' ? route.fulfill({ status: 409, json: { error: { code: 'ModelReferencesNotDeleted', message: 'Something still needs it.' } } }) : route.continue()));
  await page.getByRole('button', { name: 'Delete …' }).click();
  await page.getByRole('button', { name: 'Delete Drive' }).click();
  await page.waitForFunction(() => /Something still needs it/.test(document.querySelector('.toast')?.textContent ?? ''));
  await page.unroute('**/models/*');
  await page.getByRole('button', { name: 'Delete …' }).click();
  await page.getByRole('button', { name: 'Delete Drive' }).click();
  await page.waitForFunction(() => ![...document.querySelectorAll('.tree li')].some((li) => li.textContent.includes('Drive')));
});

await holds('models that cannot be read are told with another try, and none at all with a command', async () => {
  await page.route('**/models?*', (route) => route.fulfill({ status: 503, json: { error: { code: 'ServiceUnavailable', message: 'The server is busy.' } } }));
  await page.goto('about:blank');
  await page.goBack();
  await page.waitForSelector('.split-side .failed');
  await page.unroute('**/models?*');
  await page.route('**/models?*', (route) => route.fulfill({ json: { value: [], nextLink: null } }));
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.waitForSelector('.empty code');
  await accessible(page);
  await page.unroute('**/models?*');
});

await holds('scripts that come late may fail to come: the view has another try, the text a plain field', async () => {
  const other = await open('#/');
  await other.route('**/models-*.js', (route) => route.abort());
  await other.route('**/mount-*.js', (route) => route.abort());
  await other.goto(other.url().replace(/#.*/, '#/models/new'));
  await other.waitForSelector('.failed');
  await other.unroute('**/models-*.js');
  await other.getByRole('button', { name: 'Retry' }).click();
  await other.waitForSelector('.editor.plain textarea');
  await other.fill('.editor.plain textarea', model('strnig'));
  await other.waitForSelector('.editor.plain li');
  await accessible(other);
  await other.context().close();
});

for (const [name, options] of LOOKS) {
  await holds(`models are accessible: ${name}`, async () => {
    const other = await open('#/models', options);
    await other.waitForSelector('.tree li');
    await shot(other, `models-tree-${name}`);
    await other.goto(other.url().replace(/#.*/, '#/models/dtmi%3Apollux%3Amanufacturing%3AWorkUnit%3B1'));
    await other.waitForSelector('.contents td');
    await shot(other, `model-${name}`);
    await accessible(other);
    await other.goto(other.url().replace(/#.*/, '#/models/new'));
    await other.waitForSelector('.cm-content');
    await write(other, model('strnig'));
    await other.waitForSelector('.remark');
    await shot(other, `model-editor-${name}`);
    await accessible(other);
    await other.context().close();
  });
}

await end();
