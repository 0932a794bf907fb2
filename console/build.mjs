// SPDX-License-Identifier: Apache-2.0
// Bundles the console: node build.mjs --out DIR [--depfile FILE] | --check-size DIR
//
// DIR gets every file twice, plain and as FILE.gz, and `list`, which tools/embed.c reads. The names
// of scripts and styles carry a hash, so they may be cached for ever; the page itself is revalidated.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

export const FIRST_LOAD_BYTES_MAX = 100 * 1024;

const MIME = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Bundles into memory: an array of { path, text } and the list of inputs. */
export async function bundle({ minify = true } = {}) {
  const common = { bundle: true, minify, write: false, metafile: true, target: 'es2021', legalComments: 'none' };
  const app = await build({
    ...common,
    entryPoints: { app: 'src/main.tsx', theme: 'src/theme.ts' },
    entryNames: '[name]-[hash]',
    outdir: '/',
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  const files = app.outputFiles.map((f) => ({ path: '/' + f.path.split('/').pop(), text: f.text }));
  const name = (start, end) => files.find((f) => f.path.startsWith(start) && f.path.endsWith(end)).path;
  const page = readFileSync('src/index.html', 'utf8')
    .replace('%THEME%', name('/theme-', '.js'))
    .replace('%APP%', name('/app-', '.js'))
    .replace('%STYLE%', name('/app-', '.css'))
    .replace(/>\s+</g, '><');
  const late = lateOnes(app.metafile.outputs);
  for (const file of files) file.late = late.has(file.path);
  files.push({ path: '/index.html', text: page });
  files.push({ path: '/icon.svg', text: readFileSync('src/icon.svg', 'utf8') });
  return { files, inputs: [...Object.keys(app.metafile.inputs), 'src/index.html', 'src/icon.svg'] };
}

/** Scripts that nothing loads before it is needed: reached by import() only. */
function lateOnes(outputs) {
  const path = (name) => '/' + name.split('/').pop();
  const first = new Set(Object.keys(outputs).filter((name) => /\/(app|theme)-[^/]*\.js$/.test('/' + name)));
  for (const name of first) for (const { path: next, kind } of outputs[name].imports) if (kind === 'import-statement') first.add(next);
  return new Set(Object.keys(outputs).filter((name) => name.endsWith('.js') && !first.has(name)).map(path));
}

function write(out, { files, inputs }, depfile) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const rows = [];
  for (const { path, text, late } of files) {
    const zipped = join(out, path + '.gz');
    writeFileSync(join(out, path), text);
    writeFileSync(zipped, gzipSync(text, { level: 9 }));
    const flags = ['gzip', ...(late ? ['late'] : []), ...(/-[A-Z0-9]{8}\./.test(path) ? ['immutable'] : [])].join(',');
    rows.push([path, MIME[path.split('.').pop()], flags, resolve(zipped)].join('\t'));
  }
  writeFileSync(join(out, 'list'), rows.join('\n') + '\n');
  if (depfile) writeFileSync(depfile, `${join(out, 'list')}: ${inputs.map((i) => resolve(i)).join(' ')}\n`);
}

/** One of these is loaded with the page: the reader's. */
const LANGUAGE = /^\/(en|zh)-/;

/** Fails when what the first visit loads is larger than promised, in whichever language is the longer. */
function checkSize(out) {
  let total = 0;
  let language = 0;
  for (const row of readFileSync(join(out, 'list'), 'utf8').trim().split('\n')) {
    const [path, , flags, file] = row.split('\t');
    const bytes = readFileSync(file).length;
    const late = flags.split(',').includes('late');
    if (LANGUAGE.test(path)) language = Math.max(language, bytes);
    else if (!late) total += bytes;
    console.log(`${String(bytes).padStart(8)}  ${path}${LANGUAGE.test(path) ? '  (to who reads it)' : late ? '  (when it is needed)' : ''}`);
  }
  if (language === 0) throw new Error('no script of a language was found');
  total += language;
  console.log(`${String(total).padStart(8)}  first load, gzip (limit ${FIRST_LOAD_BYTES_MAX})`);
  if (total >= FIRST_LOAD_BYTES_MAX) process.exit(1);
}

if (process.argv[1] && resolve(process.argv[1]) === new URL(import.meta.url).pathname) {
  const option = (name) => process.argv[process.argv.indexOf(name) + 1];
  if (process.argv.includes('--check-size')) checkSize(option('--check-size'));
  else {
    const out = process.argv.includes('--out') ? option('--out') : 'dist';
    write(out, await bundle(), process.argv.includes('--depfile') ? option('--depfile') : undefined);
    console.log(`${relative('.', out) || out}: written`);
  }
}
