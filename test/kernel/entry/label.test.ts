import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { protocolVersion } from '../../../helper/protocol/methods.ts';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';

const PROFILE = 'burrow-kernel-label';
/** It may do all but read one file, which tells whether it holds. */
const source = `profile ${PROFILE} flags=(attach_disconnected) { file, capability, signal, ptrace, mount, deny /etc/hostname r, }\n`;

describe('the label of a security module', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const load = (how: '--replace' | '--remove'): Buffer => execFileSync('apparmor_parser', [how, '--skip-cache'], { input: source });
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  it('is that of the process whose place a command takes', async t => {
    const { features } = await machine.call('helper/hello', { protocol: protocolVersion });
    if (!features['apparmor']?.available) return t.skip(features['apparmor']?.reason);
    load('--replace');
    try {
      const words = ['--profile', PROFILE, '--', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
      const pid = await sleepers.start('aa-exec', ...words, 'sleep', 'infinity');
      const label = readFileSync(`/proc/${pid}/attr/current`, 'latin1');
      assert.match(label, new RegExp(`^${PROFILE} \\(enforce\\)`));
      const command = ['sh', '-c', 'cat /proc/self/attr/current; cat /etc/hostname'];
      const { stdout, stderr } = await machine.call('process/run', { target: { pid }, command });
      assert.equal(stdout, label);
      assert.match(stderr, /hostname: Permission denied/);
      const terminal = await Terminal.open(machine, { target: { pid, types: ['pid'] }, command: ['sleep', 'infinity'] });
      assert.ok(
        terminal.notices.some(notice => notice.includes(`not held by ${PROFILE}`)),
        terminal.notices.join('\n'),
      );
      await terminal.close();
    } finally {
      load('--remove');
    }
  });
});
