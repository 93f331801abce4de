// A number that becomes another process's while it is entered.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, release } from 'node:os';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { inRepository } from '../../support/repository.ts';
import { failureOf } from '../support/asking.ts';
import { compiled } from '../support/makers/compile.ts';
import type { Keeper } from '../support/makers/keeper.ts';
import type { Calls } from '../support/makers/tracer.ts';
import { traced } from '../support/traced.ts';
import type { Churned } from './support/churned.ts';
import { startOf } from './support/facts.ts';

/** The kernel may still be giving it back. */
function unlessTaken(error: unknown): undefined {
  if (!(error instanceof Error && error.message.endsWith(`errno ${constants.errno.EEXIST}`))) throw error;
}

describe('a number that becomes another process’s while it is entered', () => {
  const scene = traced();
  const { keepers, tracer } = scene;

  /** A process with a hostname of its own. */
  async function named(parent: Keeper, hostname: string, pid?: number): Promise<number> {
    const child = await parent.child(pid);
    await child.do('unshare', 'uts');
    await child.do('write', '/proc/sys/kernel/hostname', hostname);
    return child.pid;
  }

  /** Now, as the starts of processes are told. */
  const ticks = (): number => Math.floor(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 100);

  /** Each of the helper's calls that looks at a process by its number, and those by a handle of it. */
  const looks = (pid: number): readonly Calls[] => [
    { names: ['open', 'openat', 'openat2', 'readlink', 'readlinkat', 'stat', 'statx', 'newfstatat', 'access'], about: `/proc/${pid}` },
    { names: ['pidfd_open', 'pidfd_send_signal'], about: '' },
  ];

  for (const isReused of [true, false])
    it(`is never entered for the one that is gone, at any of the helper’s calls${isReused ? '' : '; nor is one that nobody has'}`, async () => {
      let [held, gone] = [0, 0];
      for (const which of [0, 1])
        for (let isOver = false, after = 0; !isOver; after++) {
          const parent = await keepers.start();
          const pid = await named(parent, `old-${after}`);
          const target = { pid, start: startOf(pid), types: ['uts' as const] };
          // Two of one number that start in one tick of the clock nobody can tell apart.
          await eventually('the next tick', () => ticks() > target.start);
          await tracer.holdHelper({ ...(looks(pid)[which] as Calls), after });
          let stdout: string | undefined;
          const asked = failureOf(
            scene.machine.call('process/run', { target, command: ['hostname'] }).then(result => {
              stdout = result.stdout;
            }),
          );
          isOver = !(await Promise.race([tracer.hit().then(() => true), asked.then(() => false)]));
          if (!isOver) {
            held++;
            process.kill(pid, 'SIGKILL');
            await eventually('its number', () => !existsSync(`/proc/${pid}`));
            if (isReused)
              assert.equal(await eventually('its number again', () => named(parent, `new-${after}`, pid).catch(unlessTaken)), pid);
          }
          await tracer.forget();
          await tracer.release();
          const failure = await asked;
          if (failure) assert.equal(failure.kind, 'gone', JSON.stringify(failure));
          else assert.equal(stdout, `old-${after}\n`);
          if (failure) gone++;
          await keepers.stop();
        }
      assert.ok(held > 3, `${held} calls`);
      assert.ok(gone > 0, 'refused before the last look');
    });

  it('is not entered where numbers come back all the time', async context => {
    const [major = 0, minor = 0] = release().split('.').map(Number);
    if (major < 6 || (major === 6 && minor < 14)) return context.skip('Linux 6.14, which has a pid_max for each pid namespace');
    compiled('churn');
    const program = inRepository('out/test/kernel/entry/support/churned.js');
    const line = 'mount -t tmpfs tmpfs /run && echo 400 >/proc/sys/kernel/pid_max && exec "$@"';
    const inside = ['--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private', 'sh', '-ec', line, '-'];
    const { stdout } = await promisify(execFile)('unshare', [...inside, process.execPath, program]);
    const { reused, entered, gone, wrong } = JSON.parse(stdout) as Churned;
    context.diagnostic(`${reused} numbers came back; ${entered} entered, ${gone} gone`);
    assert.deepEqual(wrong, []);
    for (const [what, count] of Object.entries({ reused, entered, gone })) assert.ok(count > 0, `${count} ${what}`);
  });
});
