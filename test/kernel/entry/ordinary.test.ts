import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { ParamsInput } from '../../../helper/protocol/methods.ts';
import { statusField } from '../../../helper/sys/procfs.ts';
import { inodeOf } from '../support/namespaces.ts';
import { OrdinaryHelper, ordinaryUser } from '../support/ordinary-helper.ts';
import { Sleepers } from '../support/sleepers.ts';

describe("an ordinary user's helper enters", () => {
  const helper = new OrdinaryHelper();
  const sleepers = new Sleepers();
  before(() => helper.start());
  afterEach(() => sleepers.stop());
  after(() => helper.stop());

  /** A program of that user's, where the helper is, whose mount namespace is a test's own. */
  const start = (...words: readonly string[]): Promise<number> => {
    const asUser = ['--reuid', `${ordinaryUser}`, '--regid', `${ordinaryUser}`, '--clear-groups'];
    return sleepers.start('nsenter', `--mount=/proc/${helper.pid}/ns/mnt`, 'setpriv', ...asUser, ...words);
  };

  const output = async (entry: Omit<ParamsInput<'process/run'>, 'command'>, script: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await helper.call('process/run', { ...entry, command: ['sh', '-c', script] });
    assert.deepEqual({ stderr, exitCode }, { stderr: '', exitCode: 0 });
    return stdout;
  };

  it('a process of that user, as it is', async () => {
    const pid = await start('env', '--chdir=/usr', 'OWN=yes', 'sleep', 'infinity');
    const bounding = statusField(readFileSync(`/proc/${pid}/status`, 'latin1'), 'CapBnd');
    const script = 'id -u; pwd; echo $OWN; grep CapBnd /proc/self/status';
    assert.equal(await output({ target: { pid } }, script), `${ordinaryUser}\n/usr\nyes\nCapBnd:\t${bounding}\n`);
  });

  it('what the user made, as whoever one is in there', async () => {
    const pid = await start('unshare', '--user', '--map-root-user', '--net', '--uts', 'sleep', 'infinity');
    assert.equal(await output({ target: { pid } }, 'id -u; readlink /proc/self/ns/net'), `0\nnet:[${inodeOf(pid, 'net')}]\n`);
    assert.equal(
      await output({ target: { pid, types: ['user', 'uts'] } }, 'id -u; readlink /proc/self/ns/uts'),
      `0\nuts:[${inodeOf(pid, 'uts')}]\n`,
    );
  });

  it('nothing that would need root, and says so', async () => {
    const pid = await sleepers.start('unshare', '--net', 'sleep', 'infinity');
    for (const entry of [{ target: { pid } }, { target: { pid, types: ['net' as const] } }])
      await assert.rejects(helper.call('process/run', { ...entry, command: ['true'] }), /permission denied \(open: EACCES\)/);
    const own = await start('sleep', 'infinity');
    await assert.rejects(
      helper.call('process/run', { target: { pid: own }, command: ['true'], tools: '/' }),
      /Only the root helper can bring programs along into a target\./,
    );
  });
});
