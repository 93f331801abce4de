// Bundles the suite that runs in the extension host into out/host-suite/: mocha loads each test file by itself.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outdir = join(here, '../../out/host-suite');
const tests = readdirSync(here).filter(file => file.endsWith('.test.ts'));

rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['index.ts', ...tests].map(file => join(here, file)),
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  sourcemap: 'inline',
  external: ['vscode', 'mocha'],
  define: { 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
});
