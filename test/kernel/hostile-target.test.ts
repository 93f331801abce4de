// Targets and clients that mean harm, or just leave.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { isAlive } from '../support/processes.ts';
import { inRepository } from '../support/repository.ts';
import { Machine } from './support/machine.ts';
import { Sleepers } from './support/sleepers.ts';

describe('a hostile target', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  const run = async (pid: number, ...command: readonly string[]): Promise<string> => {
    const { stdout } = await machine.call('process/run', { target: { pid }, command: [...command] });
    return stdout;
  };
  const powers = ['grep', '-E', '^(CapBnd|NoNewPrivs)', '/proc/self/status'] as const;
  const confined = ['setpriv', '--bounding-set', '-all,+chown', '--no-new-privs', 'sleep', 'infinity'] as const;

  it('gets no capability for its own programs that it cannot have', async () => {
    const pid = await sleepers.start('unshare', '--mount', ...confined);
    assert.equal(await run(pid, ...powers), 'CapBnd:\t0000000000000001\nNoNewPrivs:\t1\n');
  });

  it('takes none from the programs of the host that look at its network', async () => {
    const pid = await sleepers.start('unshare', '--net', ...confined);
    const own = /^CapBnd:.*$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0];
    const { stdout } = await machine.call('process/run', { target: { pid, types: ['net'] }, command: [...powers] });
    assert.equal(stdout, `${own}\nNoNewPrivs:\t0\n`);
  });

  it('does not hold the helper with a list of users that is the kernel’s log', async () => {
    const pid = await sleepers.start('unshare', '--mount', 'sh', '-c', 'mount --bind /proc/kmsg /etc/passwd && exec sleep infinity');
    await eventually('the mount', () => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes('/kmsg /etc/passwd'));
    assert.equal(await run(pid, 'id', '-u'), '0\n');
  });

  it('a command ends with the client that started it', async () => {
    const pid = await sleepers.start('unshare', '--uts', 'sleep', 'infinity');
    const words = [machine.burrow, 'exec', '--socket', machine.socket, `pid:${pid}`, '--', 'sh', '-c', 'echo $$; exec sleep infinity'];
    const client = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said] = (await once(client.stdout, 'data')) as [Buffer];
    const inside = Number(said.toString());
    assert.ok(isAlive(inside));
    client.kill('SIGKILL');
    await eventually('the end of the command', () => !isAlive(inside));
  });

  it('a second helper does not keep its records in the same directory', () => {
    const other = `${machine.folder}/other.sock`;
    const { status, stderr } = spawnSync(process.execPath, [inRepository('dist/burrow.cjs'), 'serve', '--socket', other], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.equal(stderr, `burrow: Another helper keeps its records in ${machine.folder} already. Stop that one first.\n`);
  });
});
