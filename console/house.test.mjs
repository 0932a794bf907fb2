// SPDX-License-Identifier: Apache-2.0
// What holds for the console as a whole: which folder may import which, how long a file may be, and
// that the lock file names no machine of ours.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

// ui draws: it may read the reader's language, clock and theme, and never asks the server.
const MAY = {
  lib: ['lib'],
  words: ['words', 'lib'],
  api: ['api', 'lib'],
  state: ['state', 'api', 'lib', 'words'],
  ui: ['ui', 'state', 'lib'],
  views: ['views', 'ui', 'state', 'api', 'lib'],
};
const LINES_MAX = 220;

const files = readdirSync('src', { recursive: true }).filter((f) => /\.(ts|tsx|css)$/.test(f));
const sources = files.filter((f) => /\.tsx?$/.test(f) && !f.includes('.test.'));

test('arrows point down: no folder imports one above it', () => {
  for (const file of sources.filter((f) => f.includes('/'))) {
    const room = file.split('/')[0];
    for (const [, target] of readFileSync(join('src', file), 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const to = normalize(join(dirname(file), target)).split('/')[0];
      assert.ok(!MAY[room] || MAY[room].includes(to), `${file} imports ${target}: ${room} may not use ${to}`);
    }
  }
});

test('the screen-free folders know no document', () => {
  for (const file of sources.filter((f) => f.startsWith('lib/'))) {
    assert.ok(!/\bdocument\.(documentElement|body|title|getElement|querySelector|createElement)|\bwindow\.|\blocalStorage\b/.test(readFileSync(join('src', file), 'utf8')), `${file} touches the page`);
  }
});

test('files stay readable', () => {
  for (const file of files) {
    const text = readFileSync(join('src', file), 'utf8');
    assert.ok(text.split('\n').length <= LINES_MAX, `${file} has more than ${LINES_MAX} lines`);
    assert.ok(text.includes('SPDX-License-Identifier: Apache-2.0'), `${file} has no licence line`);
  }
});

test('every test is one that CTest runs', () => {
  const listed = readFileSync('CMakeLists.txt', 'utf8');
  for (const file of files.filter((f) => f.endsWith('.test.ts'))) assert.ok(listed.includes(`px_console_test(${file.replace('.test.ts', '')})`), `${file} is in no px_console_test`);
});

test('a refusal that the console has words for is one of the server', () => {
  const server = readdirSync('../src', { recursive: true }).filter((f) => /\.[ch]$/.test(f)).map((f) => readFileSync(join('../src', f), 'utf8')).join('\n');
  for (const [, id] of readFileSync('src/words/problems-zh.ts', 'utf8').matchAll(/^ +'([\w.]+)':/gm)) assert.ok(server.includes(`"${id}"`), `the server never refuses with ${id}`);
});

test('every sentence is said somewhere', () => {
  const screens = sources.filter((f) => !f.startsWith('words/')).map((f) => readFileSync(join('src', f), 'utf8')).join('\n');
  for (const file of sources.filter((f) => /words\/.*en\.ts$/.test(f))) {
    for (const [, word] of readFileSync(join('src', file), 'utf8').matchAll(/^  (\w+):/gm)) assert.ok(new RegExp(`\\.${word}\\b`).test(screens), `${word} of ${file} is never said`);
  }
});

test('colours come from the tokens only', () => {
  for (const file of files.filter((f) => f.endsWith('.css') && !f.endsWith('tokens.css'))) {
    assert.ok(!/#[0-9a-f]{3,8}\b/i.test(readFileSync(join('src', file), 'utf8')), `${file} has a colour of its own`);
  }
});

test('the lock file resolves from the public registry or from nowhere', () => {
  const hosts = [...readFileSync('package-lock.json', 'utf8').matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map((m) => m[1]);
  assert.deepEqual([...new Set(hosts)].filter((host) => host !== 'registry.npmjs.org'), []);
});

test('versions are exact, so that two builds are the same', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) assert.match(version, /^\d+\.\d+\.\d+$/, name);
});
