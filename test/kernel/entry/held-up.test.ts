// A target with a file system that never answers: a network's that is away, or one whose program stands still.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { failureOf } from '../support/asking.ts';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';

/** Starts a line of shell that comes to be a process below which something is mounted that nobody answers for. */
async function startAbove(sleepers: Sleepers, folder: string, mountedAt: string, line: string): Promise<number> {
  const device = join(folder, 'fuse');
  execFileSync('mknod', [device, 'c', '10', '229']);
  // Nobody reads what the kernel asks of descriptor 3.
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  const whole = `exec 3<>${device}; mount -i -t fuse -o ${options} away ${mountedAt}; exec ${line}`;
  return await sleepers.start('unshare', '--mount', '--propagation', 'private', 'sh', '-ec', whole);
}

describe('a target whose file system does not answer', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  let pid = 0;
  before(async () => {
    machine = await Machine.start();
    pid = await startAbove(sleepers, machine.folder, '/etc', 'busybox sleep infinity');
  });
  afterEach(() => sleepers.stop());
  after(async () => {
    await machine.stopClean();
  });

  it('is given up, with a sentence; and meanwhile all others are answered', async () => {
    const size = { columns: 80, rows: 24 };
    let waiting = 2;
    const ended = (failure: Failure | undefined): Failure | undefined => {
      waiting--;
      return failure;
    };
    const held = Promise.all([
      failureOf(machine.call('process/run', { target: { pid }, command: ['true'] })).then(ended),
      failureOf(machine.call('terminal/open', { target: { pid }, size })).then(ended),
    ]);
    const { exitCode } = await machine.call('process/run', { target: { pid: machine.pid }, command: ['true'] });
    await machine.call('sandbox/list', {});
    await machine.call('terminal/choices', { target: { pid: machine.pid } });
    assert.equal(exitCode, 0);
    assert.equal(waiting, 2);
    for (const failure of await held)
      assert.deepEqual(failure, {
        kind: 'system',
        message: 'The target did not answer within 5 s: a file system or a process in it holds up whoever looks.',
      });
  });
});

describe('what starts containers where a file system does not answer', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const folder = mkdtempSync(join(tmpdir(), 'burrow-kernel-held-up-'));
  before(async () => {
    machine = await Machine.start();
    // By its name an engine's, whose states below /run are looked for.
    copyFileSync('/usr/bin/unshare', join(folder, 'runc'));
    await startAbove(sleepers, folder, '/run', `${folder}/runc --pid --fork unshare --mount busybox sleep infinity`);
  });
  after(async () => {
    await machine.stop();
    await sleepers.stop();
    rmSync(folder, { recursive: true });
  });

  it('costs the names that it would tell, and nothing else', async () => {
    const { processes } = await machine.call('namespaces/snapshot', {});
    const held = processes.find(({ name }) => name === 'runc');
    assert.ok(held, 'it is a process as any other');
    assert.match(machine.log, new RegExp(`"discovery given up".*"pid":${held.pid}\\b`));
    const again = await machine.call('namespaces/snapshot', {});
    assert.ok(again.processes.some(({ pid }) => pid === held.pid));
  });
});
