import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const container = new TestContainer();
const step = scene('presets', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

/** Answers the first two questions. */
async function begin({ quickInput }: Workbench, name: string, purpose: string): Promise<void> {
  await quickInput.run('Burrow: Create Scratch Sandbox');
  await quickInput.title.filter({ hasText: '1/4' }).waitFor();
  await quickInput.type(name);
  await quickInput.accept();
  await quickInput.title.filter({ hasText: '2/4' }).waitFor();
  await quickInput.choose(purpose);
}

/** Takes the defaults of the last two. */
async function finish({ quickInput, terminal }: Workbench): Promise<void> {
  for (const question of [3, 4]) {
    await quickInput.title.filter({ hasText: `${question}/4` }).waitFor();
    await quickInput.accept();
  }
  await quickInput.waitUntilClosed();
  await terminal.waitUntilFocused();
}

async function leave({ terminal }: Workbench): Promise<void> {
  await terminal.type('exit\n');
  await terminal.waitUntilClosed();
}

const links = "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort | tr '\\n' ' '";
const writes = '(echo x > /etc/burrow-was-here) 2>/dev/null && echo yes || echo no';

step('the second question says what each preset is', async ({ workbench: { quickInput, containers } }) => {
  await containers.row(container.name).waitFor();
  await quickInput.run('Burrow: Create Scratch Sandbox');
  await quickInput.title.filter({ hasText: '1/4' }).waitFor();
  await quickInput.accept();
  for (const preset of [
    'Shell to try things in',
    'Run an untrusted program',
    'Network lab',
    'Reproduce a container…',
    'Everything by hand',
  ])
    await quickInput.row(new RegExp(`^${preset}`)).waitFor();
});

step('the third says what files there can be', async ({ workbench: { quickInput } }) => {
  await quickInput.choose(/^Shell to try things in/);
  await quickInput.title.filter({ hasText: '3/4' }).waitFor();
  await quickInput.row(/^An OCI image directory…/).waitFor();
});

step('a shell to try things in: writes vanish, the host is one link away', async ({ workbench }) => {
  await workbench.quickInput.leave();
  await begin(workbench, 'try', 'Shell to try things in');
  await finish(workbench);
  assert.equal(await workbench.terminal.run(writes), 'yes');
  assert.match(await workbench.terminal.run(links), /^\S+ lo$|^lo \S+$/);
  await leave(workbench);
});

step('an untrusted program: no network, no capability, nothing to write to, and limits', async ({ workbench, helper }) => {
  await begin(workbench, 'untrusted', 'Run an untrusted program');
  await finish(workbench);
  const { terminal } = workbench;
  assert.equal(await terminal.run(writes), 'no');
  assert.equal(await terminal.run(links), 'lo');
  assert.match(await terminal.run('grep CapEff /proc/self/status'), /^CapEff:\s+0+$/);
  const sandbox = (await helper.call('sandbox/list', {})).sandboxes.find(each => each.name === 'untrusted');
  assert.deepEqual(sandbox?.limits, { memory: 512 * 2 ** 20, processes: 256, cpu: 1 });
  await leave(workbench);
});

step('a network lab: files are read-only, and a link to the host', async ({ workbench }) => {
  await begin(workbench, 'lab', 'Network lab');
  await finish(workbench);
  assert.equal(await workbench.terminal.run(writes), 'no');
  assert.match(await workbench.terminal.run(links), /^\S+ lo$|^lo \S+$/);
  await leave(workbench);
});

step('the network of another sandbox can be joined', async ({ workbench, helper }) => {
  const { quickInput, terminal } = workbench;
  const lab = (await helper.call('sandbox/list', {})).sandboxes.find(each => each.name === 'lab');
  await begin(workbench, 'beside', 'Shell to try things in');
  await quickInput.title.filter({ hasText: '3/4' }).waitFor();
  await quickInput.accept();
  await quickInput.row('Join a network namespace…').waitFor();
  await quickInput.choose('Join a network namespace…');
  await quickInput.type('sandbox lab');
  await quickInput.choose(new RegExp(`net:${lab?.namespaces.net}`));
  await quickInput.waitUntilClosed();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), `net:[${lab?.namespaces.net}]`);
  await leave(workbench);
});

step('a tar archive can be its files', async ({ workbench }) => {
  const { quickInput, terminal, folder } = workbench;
  const root = join(folder, 'rootfs');
  for (const each of ['bin', 'etc', 'proc', 'sys', 'dev', 'run', 'tmp']) mkdirSync(join(root, each), { recursive: true });
  writeFileSync(join(root, 'etc/marker'), 'from the archive\n');
  execFileSync('sh', [
    '-c',
    'cp "$(command -v busybox)" "$0/bin/busybox" && ln -s busybox "$0/bin/sh" && ln -s busybox "$0/bin/cat"',
    root,
  ]);
  const archive = join(folder, 'rootfs.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', root, '.']);
  await begin(workbench, 'archived', 'Shell to try things in');
  await quickInput.title.filter({ hasText: '3/4' }).waitFor();
  await quickInput.choose('A tar archive…');
  await quickInput.title.filter({ hasText: 'A tar archive of a root file system' }).waitFor();
  await quickInput.answerPath(archive);
  await quickInput.title.filter({ hasText: '4/4' }).waitFor();
  await quickInput.accept();
  await quickInput.waitUntilClosed();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('cat /etc/marker'), 'from the archive');
  await leave(workbench);
});

step('everything by hand: a definition with every key, that makes a sandbox as it is', async ({ workbench, helper }) => {
  const { editor, quickInput, terminal } = workbench;
  await begin(workbench, 'by-hand', 'Everything by hand');
  await editor.tab('by-hand.burrow.jsonc').waitFor();
  await editor.waitFor(/"name": "by-hand"/);
  await quickInput.run('Burrow: Create Sandbox from This File');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), 'by-hand');
  const names = (await helper.call('sandbox/list', {})).sandboxes.map(each => each.name).sort();
  assert.deepEqual(names, ['archived', 'beside', 'by-hand', 'lab', 'try', 'untrusted']);
  await leave(workbench);
});

step('a container can be reproduced', async ({ workbench }) => {
  const { editor, quickInput } = workbench;
  await begin(workbench, 'again', 'Reproduce a container…');
  await quickInput.choose(new RegExp(`^${container.name}`));
  await editor.waitFor(new RegExp(`^// Like ${container.name}\\.`));
  await editor.waitFor(/^ {2}"root": \{$/m);
});

step('every one of them is a row', async ({ workbench: { sandboxes } }) => {
  for (const name of ['archived', 'beside', 'by-hand', 'lab', 'try', 'untrusted']) await sandboxes.row(new RegExp(`^${name} `)).waitFor();
  await eventually('memory in the rows', async () => /\d+ [KM]B/.test((await sandboxes.row(/^try /).textContent()) ?? ''));
});
