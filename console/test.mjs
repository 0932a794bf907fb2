// SPDX-License-Identifier: Apache-2.0
// Runs test files with Node's own runner: node test.mjs [src/lib/time.test.ts ...]; all without names.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const named = process.argv.slice(2);
const all = () =>
  readdirSync('src', { recursive: true }).filter((f) => /\.test\.tsx?$/.test(f)).map((f) => join('src', f));
const out = mkdtempSync(join(tmpdir(), 'pollux-console-'));
let code = 1;
try {
  await build({
    entryPoints: named.length > 0 ? named : all(),
    outdir: out, outbase: 'src', outExtension: { '.js': '.mjs' },
    bundle: true, platform: 'node', format: 'esm', target: 'node18', sourcemap: 'inline',
    jsx: 'automatic', jsxImportSource: 'preact',
  });
  const files = readdirSync(out, { recursive: true }).filter((f) => f.endsWith('.mjs')).map((f) => join(out, f));
  code = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(code);
