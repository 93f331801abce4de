// As whom a command runs, with which variables and where, when the process beside it is not as usual.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { environmentOf, factsOf, identityOf } from './support/facts.ts';
import { type Entering, output, ways, whileThere } from './support/inside.ts';

const UID = 61_001;
const asUser = ['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups'] as const;
/** What lets a process choose what others run. */
const traps = {
  LD_PRELOAD: '/tmp/evil.so',
  LD_LIBRARY_PATH: '/tmp',
  PATH: '/tmp/evil:/bin:/usr/bin',
  HOME: '/tmp/evil',
  BASH_ENV: '/tmp/evil',
  ENV: '/tmp/evil',
  IFS: 'e',
  FX: 'mine',
};
const words = Object.entries(traps).map(([name, value]) => `${name}=${value}`);

describe('a command in a target', () => {
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

  async function environment(entry: Entering): Promise<Map<string, string>> {
    let found = new Map<string, string>();
    await whileThere(machine, 'run', entry, pid => {
      found = environmentOf(pid);
    });
    return found;
  }
  const sleeping = (...how: readonly string[]): Promise<number> =>
    sleepers.start('unshare', '--uts', 'env', '-i', '--chdir=/var/tmp', ...how, '/usr/bin/sleep', '1000000');

  it('has the variables of its process, and for another user none of them', async () => {
    const pid = await sleeping(...words, ...asUser.map(word => (word === 'setpriv' ? '/usr/bin/setpriv' : word)));
    const own = await environment({ target: { pid } });
    for (const [name, value] of Object.entries(traps)) assert.equal(own.get(name), value);
    const same = await environment({ target: { pid }, user: `${UID}:${UID}` });
    assert.equal(same.get('FX'), 'mine');
    for (const user of ['root', '0', '0:0', 'nobody', `${UID}:5`]) {
      const other = await environment({ target: { pid }, user });
      assert.deepEqual([...other.keys()].sort(), ['HOME', 'LANG', 'PATH', 'USER'], user);
      assert.ok(!other.get('PATH')?.includes('/tmp'), other.get('PATH'));
      assert.notEqual(other.get('HOME'), '/tmp/evil');
    }
  });

  it('has what is asked for besides, in place of what its process has', async () => {
    const pid = await sleeping('FX=theirs', 'OTHER=theirs');
    const own = await environment({ target: { pid }, environment: { FX: 'mine', TERM: 'dumb', PWD: '/x' } });
    assert.deepEqual([own.get('FX'), own.get('OTHER'), own.get('TERM'), own.get('PWD')], ['mine', 'theirs', 'dumb', '/x']);
  });

  it('has a path, a home, a name and a language where its process has none', async () => {
    const root = await environment({ target: { pid: await sleeping() } });
    assert.deepEqual([root.get('HOME'), root.get('USER'), root.get('LANG')], ['/root', 'root', 'C.UTF-8']);
    assert.match(root.get('PATH') ?? '', /(^|:)\/usr\/bin(:|$)/);
    const nobody = await environment({ target: { pid: await sleeping('/usr/bin/setpriv', ...asUser.slice(1)) } });
    assert.deepEqual([nobody.get('HOME'), nobody.get('USER')], ['/', `${UID}`]);
  });

  it('is in / and says so where the directory of its process is gone', async () => {
    const script = 'd=$(mktemp -d) && cd "$d" && rmdir "$d" && exec sleep 1000000';
    const pid = await sleepers.start('unshare', '--uts', 'sh', '-c', script);
    await isInRoot(pid);
  });

  it('is in / and says so where the directory of its process is outside of its root', async () => {
    const pid = await sleepers.start('unshare', '--mount', 'perl', '-e', 'chdir "/etc"; chroot "/usr"; exec "/bin/sleep", "1000000"');
    await isInRoot(pid);
    assert.equal(identityOf(`/proc/${pid}/root/`), identityOf('/usr/.'));
  });

  async function isInRoot(pid: number): Promise<void> {
    for (const way of ways)
      await whileThere(machine, way, { target: { pid } }, (command, notices) => {
        const { directory, root } = factsOf(command);
        assert.equal(directory, root);
        if (way === 'terminal')
          assert.ok(
            notices.some(notice => /; this is \/$/.test(notice)),
            notices.join('\n'),
          );
      });
  }

  it('reads a list of users that is a link out of the target as a file of the target', async () => {
    const script = 'mount -t tmpfs tmpfs /mnt && ln -s /proc/1/root/etc/passwd /mnt/passwd && mount --bind /mnt /etc && exec sleep 1000000';
    const pid = await sleepers.start('unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script);
    const failure = await machine.failure('process/run', { target: { pid }, command: ['true'], user: 'nobody' });
    assert.equal(failure.kind, 'unknown');
    assert.equal(await output(machine, 'run', { target: { pid }, command: ['id', '-u'], user: '7' }), '7\n');
  });
});
