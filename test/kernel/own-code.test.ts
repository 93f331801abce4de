import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parts } from '../../helper/code/own-code.ts';
import { TestHelper } from '../support/helper.ts';
import { inRepository } from '../support/repository.ts';

/** Text after text: whoever runs it, as a program or as a bundle, leaves a word of it. */
const changed = (folder: string, part: string): string =>
  part.endsWith('.cjs') ? `require('node:fs').writeFileSync('${folder}/ran-${part}', '');\n` : `#!/bin/sh\ntouch ${folder}/ran-${part}\n`;

describe('the code of a helper', () => {
  // A new sandbox has a /tmp of its own.
  const folder = mkdtempSync('/var/tmp/burrow-own-code-');
  const dist = `${folder}/dist`;
  const helper = new TestHelper(`${dist}/burrow.cjs`);
  before(() => {
    chmodSync(folder, 0o755);
    mkdirSync(dist);
    for (const part of ['burrow.cjs', ...parts]) cpSync(inRepository('dist', part), `${dist}/${part}`);
    helper.start();
  });
  after(async () => {
    await helper.remove();
    rmSync(folder, { recursive: true });
  });

  it('is what it was when it started, whatever becomes of the files: threads, processes and libraries', async () => {
    for (const part of parts) writeFileSync(`${dist}/${part}`, changed(folder, part), { mode: 0o755 });
    mkdirSync(`${folder}/root/bin`, { recursive: true });
    for (const each of ['proc', 'sys', 'dev', 'run', 'tmp']) mkdirSync(`${folder}/root/${each}`);
    execFileSync('sh', ['-c', `cp "$(command -v busybox)" ${folder}/root/bin/true && tar -C ${folder}/root -cf ${folder}/root.tar .`]);

    assert.ok((await helper.call('namespaces/snapshot', {})).processes.length > 0);
    assert.equal((await helper.call('process/run', { target: { pid: process.pid }, command: ['true'] })).exitCode, 0);
    const archive = { name: 'unpacked', network: 'none' as const, root: { archive: `${folder}/root.tar` }, command: ['/bin/true'] };
    assert.equal((await helper.call('sandbox/run', { definition: archive })).exitCode, 0);
    await helper.call('sandbox/create', { definition: { name: 'writes', network: 'none' } });
    // Below /tmp a sandbox has a file system of its own, which is none of this machine's files.
    const kept = `/var/tmp/burrow-own-code-${process.pid}`;
    await helper.call('process/run', { target: { sandbox: 'writes' }, command: ['sh', '-c', `echo kept > ${kept}`] });
    assert.deepEqual(await helper.call('sandbox/keep', { sandbox: 'writes', paths: [kept] }), { kept: 1 });
    assert.equal(readFileSync(kept, 'utf8'), 'kept\n');
    rmSync(kept);

    assert.deepEqual(
      readdirSync(folder).filter(name => name.startsWith('ran-')),
      [],
    );
  });

  it('is mapped from nothing that can be written to', async () => {
    const pid = await helper.pid();
    const mapped = readFileSync(`/proc/${pid}/maps`, 'utf8')
      .split('\n')
      .filter(line => / r-xp .*(?:koffi|walk)/.test(line));
    assert.ok(mapped.length > 0);
    for (const line of mapped) assert.match(line, /\/memfd:burrow-|\(deleted\)$/);
  });
});
