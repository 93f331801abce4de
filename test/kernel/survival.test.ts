import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Helper } from '../../helper/client/connect.ts';
import { eventually } from '../support/eventually.ts';
import { TestHelper } from '../support/helper.ts';
import { isAlive } from '../support/processes.ts';

/** What must not end a helper, because it would end the terminals and runs of everybody. */
describe('a helper outlives', () => {
  const helper = new TestHelper();
  const folder = mkdtempSync(join(tmpdir(), 'burrow-survival-'));
  let pid = 0;
  before(async () => {
    // The file system of its socket, its records and its log, like a small /run.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=755', 'none', helper.folder]);
    helper.start();
    pid = (await helper.pid()) ?? 0;
  });
  after(async () => {
    await helper.remove(() => execFileSync('umount', [helper.folder]));
    rmSync(folder, { recursive: true });
  });

  const log = (): string => readFileSync(`${helper.folder}/helper.log`, 'utf8');

  it('a full /run: what is new is refused, what is done is still recorded, and it goes on when there is room', async () => {
    await helper.call('sandbox/create', { definition: { name: 'before', network: 'none' } });
    assert.throws(() => writeFileSync(`${helper.folder}/filler`, Buffer.alloc(2 << 20)), { code: 'ENOSPC', syscall: 'write' });
    await assert.rejects(helper.call('sandbox/create', { definition: { name: 'during', network: 'none' } }), /ENOSPC/);
    await helper.call('sandbox/update', { sandbox: 'before', limits: { processes: 20 } });
    for (let round = 0; round < 5; round++) await helper.call('sandbox/remove', { sandbox: `no-such-${round}` });
    assert.match(log(), /"act":"sandbox\/remove".*"sandbox":"no-such-4"/);
    assert.match(log(), /"act":"sandbox\/update".*"sandbox":"before","limits":\{"processes":20\}/);
    rmSync(`${helper.folder}/filler`);
    await helper.call('sandbox/create', { definition: { name: 'during', network: 'none' } });
    for (const sandbox of ['before', 'during']) await helper.call('sandbox/remove', { sandbox });
    assert.ok(isAlive(pid));
  });

  it('the want of descriptors, in timers and at ends that nobody waits for', async () => {
    using client = await Helper.reach(helper.socket);
    const limits = { cpuSeconds: 5, memory: 64 << 20 };
    const run = client.request('sandbox/run', {
      definition: { name: 'watched', network: 'none', command: ['sleep', '600'], limits },
    });
    const { id, pid: init } = await eventually('the run', async () => (await client.request('sandbox/list', {})).sandboxes.at(0));
    const open = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
    // The limit is one of numbers: from the lowest that is free on, none is given.
    const free = Array.from({ length: open.size + 1 }, (_, fd) => fd).find(fd => !open.has(fd));
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${free}:`]);
    try {
      await eventually('a failure that the helper outlives', () => /EMFILE/.test(log()));
      process.kill(init ?? 0, 'SIGKILL');
      assert.equal((await run).signal, 'SIGKILL');
    } finally {
      execFileSync('prlimit', ['--pid', String(pid), '--nofile=1024:']);
    }
    await client.request('sandbox/remove', { sandbox: id });
    // The stage that waits may have been started under that limit, which the next program then has.
    await client.request('process/run', { target: { pid: process.pid }, command: ['true'] });
    assert.deepEqual(await client.request('sandbox/list', {}), { sandboxes: [] });
    assert.ok(isAlive(pid));
  });

  it('a run that cannot be removed: its report says so, and the sandbox stays in the list until it can', async () => {
    const source = `${folder}/root`;
    for (const each of ['bin', 'proc', 'sys', 'dev', 'run', 'tmp', 'mnt']) mkdirSync(`${source}/${each}`, { recursive: true });
    execFileSync('sh', ['-c', `cp "$(command -v busybox)" ${source}/bin/sleep && tar -C ${source} -cf ${folder}/root.tar .`]);
    const definition = { name: 'stays', root: { archive: `${folder}/root.tar` }, network: 'none' as const, command: ['/bin/sleep', '60'] };
    const run = helper.call('sandbox/run', { definition });
    const { id } = await eventually('the run', async () => (await helper.call('sandbox/list', {})).sandboxes.at(0));
    const held = `/var/lib/burrow/${helper.folder.slice(1).replaceAll('/', '-')}/${id}/mnt`;
    execFileSync('mount', ['-t', 'tmpfs', 'none', held]);
    try {
      await helper.call('sandbox/signal', { sandbox: id, signal: 'SIGKILL' });
      const { signal, notices } = await run;
      assert.equal(signal, 'SIGKILL');
      assert.deepEqual(notices, ['stays is not removed and stays in the list: "mnt" cannot be removed: something is mounted there.']);
      assert.equal((await helper.call('sandbox/list', {})).sandboxes.length, 1);
    } finally {
      execFileSync('umount', [held]);
    }
    await helper.call('sandbox/remove', { sandbox: id });
    assert.ok(!existsSync(held));
    assert.ok(isAlive(pid));
  });

  it('SIGUSR1, which opens nothing in it', async () => {
    process.kill(pid, 'SIGUSR1');
    await helper.call('sandbox/list', {});
    const sockets = readdirSync(`/proc/${pid}/fd`).flatMap(
      fd =>
        linkOf(`/proc/${pid}/fd/${fd}`)
          .match(/^socket:\[(\d+)\]$/)
          ?.slice(1) ?? [],
    );
    const listening = readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map(line => line.trim().split(/\s+/));
    assert.deepEqual(
      listening.filter(fields => sockets.includes(fields[9] ?? '')),
      [],
    );
    assert.ok(isAlive(pid));
  });
});

/** What is closed meanwhile leads nowhere. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
