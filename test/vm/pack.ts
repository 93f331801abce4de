// What goes into a machine: the built product, its compiled tests and a Node, in one archive.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../support/repository.ts';
import type { Machine } from './machines.ts';

/** Nothing that only builds or drives an editor. */
const tools = ['@azure', '@biomejs', '@esbuild', '@secretlint', '@typescript', '@typespec', '@vscode', 'playwright-core', 'typescript'];

/** A package of another architecture, of the version that a lock file of this repository names. */
const fetched = (name: string, lock: string, folder: string): string =>
  execFileSync(process.execPath, [inRepository('extension/fetch-package.mjs'), name, inRepository(lock), folder], {
    encoding: 'utf8',
  }).trim();

/** What the archive holds that is not the same for every architecture, by its place in there. */
function ofArchitecture(arch: Machine['arch'], folder: string): ReadonlyMap<string, string> {
  // The version of Node that the editor has; every machine gets the same.
  const node = join(fetched(`node-linux-${arch}`, 'test/e2e/host/package-lock.json', folder), 'bin/node');
  if (arch === process.arch) return new Map([['bin/node', node]]);
  const koffi = fetched(`@koromix/koffi-linux-${arch}`, 'package-lock.json', folder);
  const dist = join(folder, `dist-${arch}`);
  execFileSync(process.execPath, [inRepository('extension/build.mjs'), '--arch', arch, '--koffi', koffi, '--outdir', dist]);
  return new Map([
    ['bin/node', node],
    ['dist', dist],
    [`node_modules/@koromix/koffi-linux-${arch}`, koffi],
  ]);
}

/** The editor's server with its Node, and the package that it installs. */
const workbench = (): string[] => {
  const packages = readdirSync(inRepository('.')).filter(file => file.endsWith('.vsix'));
  if (packages.length === 0 || !existsSync(inRepository('test/e2e/host/.installed')))
    throw new Error('The workbench and the package have to be there first: node test/run.mjs e2e brings both');
  return ['test/e2e/host', ...packages];
};

/** @returns the archive's path */
export function pack({ arch, hasWorkbench }: Machine, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, `suite-${arch}${hasWorkbench ? '-workbench' : ''}.tar.zst`);
  const special = ofArchitecture(arch, folder);
  execFileSync(
    'tar',
    [
      '--zstd',
      '-cf',
      archive,
      ...(hasWorkbench ? tools.filter(name => name !== 'playwright-core') : tools).map(name => `--exclude=node_modules/${name}`),
      ...[...special].map(([place, from]) => `--transform=s,^${from.slice(1)},${place},`),
      ...(special.has('dist') ? [] : ['dist']),
      ...['out/helper', 'out/extension', 'out/test', 'helper', 'test/fixtures', 'test/kernel', 'test/support', 'test/vm', 'node_modules'],
      ...['media', 'snippets', 'package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'CHANGELOG.md', 'LICENSE'],
      ...(hasWorkbench ? workbench() : []),
      ...special.values(),
    ],
    { cwd: inRepository('.'), stdio: ['ignore', 'inherit', 'ignore'] },
  );
  return archive;
}
