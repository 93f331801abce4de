import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { inRepository } from '../support/repository.ts';
import { readZip, type ZipEntry } from '../support/zip.ts';
import { vsixOf } from './workbench/workbench.ts';

/** e_machine of the ELF header, elf(5). */
const machines = { x64: 62, arm64: 183 };
const largestBytes = 1.5 * 1024 * 1024;

const folder = (name: string): string[] =>
  readdirSync(inRepository(name), { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .map(each => `extension/${relative(inRepository(), join(each.parentPath, each.name))}`);

const shipped = [
  '[Content_Types].xml',
  'extension.vsixmanifest',
  'extension/LICENSE.txt',
  'extension/changelog.md',
  'extension/dist/burrow.cjs',
  'extension/dist/definition.schema.json',
  'extension/dist/discovery-worker.cjs',
  'extension/dist/keeper.cjs',
  'extension/dist/extension.cjs',
  'extension/dist/jsonc-parser.cjs',
  'extension/dist/koffi.node',
  'extension/dist/looking-worker.cjs',
  'extension/dist/relay',
  'extension/dist/stage',
  'extension/dist/unpack-worker.cjs',
  'extension/dist/vscode-jsonrpc.cjs',
  'extension/dist/walk.so',
  'extension/dist/third-party-notices.txt',
  'extension/dist/yaml.cjs',
  ...folder('media'),
  'extension/package.json',
  'extension/readme.md',
  ...folder('snippets'),
].sort();

for (const arch of ['x64', 'arm64'] as const) {
  describe(`the package for linux-${arch}`, () => {
    const entries = readZip(readFileSync(vsixOf(arch)));
    const entry = (name: string): ZipEntry => {
      const found = entries.find(each => each.name === `extension/${name}`);
      assert.ok(found, `it has ${name}`);
      return found;
    };

    test('holds what is needed, and nothing else', () => {
      assert.deepEqual(entries.map(each => each.name).sort(), shipped);
    });

    test('is small', () => {
      assert.ok(statSync(vsixOf(arch)).size < largestBytes);
    });

    for (const name of ['dist/stage', 'dist/relay', 'dist/koffi.node', 'dist/walk.so']) {
      test(`has a ${name} for that machine`, () => {
        const header = entry(name).contents();
        assert.equal(header.toString('latin1', 0, 4), '\x7fELF');
        assert.equal(header.readUInt16LE(18), machines[arch]);
      });
    }

    test('can execute the helper and the stage once it is unpacked', () => {
      for (const name of ['dist/stage', 'dist/burrow.cjs']) assert.equal(entry(name).mode & 0o111, 0o111, name);
    });

    test('says for which machine it is', () => {
      assert.match(
        entries
          .find(each => each.name === 'extension.vsixmanifest')
          ?.contents()
          .toString() ?? '',
        new RegExp(`TargetPlatform="linux-${arch}"`),
      );
    });
  });
}
