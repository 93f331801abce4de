import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type NamespaceType, namespaceTypes } from '../../../../helper/protocol/model.ts';
import { cloneFlagName } from '../../../../helper/sys/flags.ts';
import { systemdHost } from '../cgroup/hosts.ts';
import { asRoot, changed, groupsOn, joinedOf, planLines } from './plans.ts';

/** The names of all that is unshared, each once. */
const made = (lines: readonly string[]): string[] =>
  [...new Set(lines.flatMap(line => /^stage {3}unshare\((.*)\)$/.exec(line)?.[1]?.split('|') ?? []))].sort();

const all = namespaceTypes.map(type => cloneFlagName[type]);
const without = (...types: readonly NamespaceType[]): string[] =>
  all.filter(name => !types.some(type => cloneFlagName[type] === name)).sort();
const nobody = { uids: [], gids: [] };

describe('the key namespaces', () => {
  it('makes all of them when it is left out', () => assert.deepEqual(made(planLines({})), without()));

  for (const type of namespaceTypes) {
    // Only root may be without a user namespace.
    const facts = type === 'user' ? { ...asRoot, ...nobody } : {};

    it(`${type}: false makes all the others`, () =>
      assert.deepEqual(made(planLines({ namespaces: { [type]: false } }, facts)), without(type)));

    it(`a list without ${type} makes what is in it`, () =>
      assert.deepEqual(made(planLines({ namespaces: namespaceTypes.filter(each => each !== type) }, facts)), without(type)));

    it(`${type}: is joined once and not made`, () => {
      const lines = planLines({ namespaces: { [type]: 'container:redis' } }, { ...joinedOf(type), ...(type === 'user' && nobody) });
      assert.deepEqual(made(lines), without(type));
      assert.deepEqual(
        lines.filter(line => line.includes('setns(')),
        [`stage   setns(<${type} of redis>, ${cloneFlagName[type]})`],
      );
    });

    it(`${type}: only that, for root`, () =>
      assert.deepEqual(made(planLines({ namespaces: [type] }, type === 'user' ? asRoot : { ...asRoot, ...nobody })), [
        cloneFlagName[type],
      ]));
  }

  it('makes nothing that the kernel does not have', () =>
    assert.deepEqual(made(planLines({}, { types: new Set(namespaceTypes.filter(type => type !== 'time')) })), without('time')));

  it('joins several in an order in which the right to the next is still there', () => {
    const lines = planLines(
      { namespaces: Object.fromEntries(namespaceTypes.map(type => [type, 'redis'])) },
      {
        ...joinedOf(...namespaceTypes),
        ...nobody,
      },
    );
    assert.deepEqual(
      lines.flatMap(line => /^stage {3}setns\(<(\w+)/.exec(line)?.[1] ?? []),
      ['ipc', 'uts', 'net', 'pid', 'time', 'mnt', 'cgroup', 'user'],
    );
    assert.deepEqual(made(lines), []);
    assert.ok(!lines.some(line => line.includes('mount(')), 'the files are theirs');
  });

  // Under the option nsdelegate of cgroup2, which systemd always sets, a namespace that was joined first would make ENOENT of it.
  it('cgroup: of somebody else is joined by a process that is in the sandbox’s own control group already', () => {
    const cgroups = groupsOn(systemdHost(), { limits: { memoryBytes: 256 << 20 }, guarded: true });
    const lines = planLines({ namespaces: { cgroup: 'redis' } }, { ...asRoot, ...joinedOf('cgroup'), cgroups });
    const born = lines.findIndex(line => line.includes('CLONE_INTO_CGROUP'));
    const joined = lines.indexOf('stage   setns(<cgroup of redis>, CLONE_NEWCGROUP)');
    assert.ok(born > 0 && joined > born, lines.join('\n'));
  });

  it('cgroup: of its own has the sandbox’s control group as its root, also where no process stays', () => {
    const cgroups = groupsOn(systemdHost(), { guarded: true });
    const lines = planLines({ init: 'none', namespaces: { pid: false } }, { ...asRoot, cgroups });
    const member = lines.indexOf('stage   write(<members of /sys/fs/cgroup/burrow/0a1b2c3d/inside>, "0", 1)');
    const own = lines.findIndex(line => /unshare\(.*CLONE_NEWCGROUP/.test(line));
    assert.ok(member > 0 && own > member, lines.join('\n'));
  });

  it('net: false binds this machine’s /sys, as the kernel grants no new one', () => {
    const { gone, new: fresh } = changed({ namespaces: { net: false } }, { network: undefined });
    assert.ok(gone.includes('stage   mount("sysfs", "/sys", "sysfs", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)  # may fail'));
    assert.ok(fresh.includes('stage   move_mount(<sys>, "", AT_FDCWD, "/sys", MOVE_MOUNT_F_EMPTY_PATH)'));
    assert.ok(!fresh.some(line => line.startsWith('helper  RTM_')));
  });

  it('pid: false makes init take in the orphans, and binds this machine’s /proc', () => {
    const { new: fresh } = changed({ namespaces: { pid: false } });
    assert.ok(fresh.includes('stage   prctl(PR_SET_CHILD_SUBREAPER, 1)'));
    assert.ok(fresh.includes('stage   move_mount(<proc>, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH)'));
  });

  it('uts: of somebody else keeps its host name', () => {
    for (const uts of [false, 'redis'])
      assert.ok(!planLines({ namespaces: { uts } }, joinedOf('uts')).some(line => line.includes('sethostname')));
  });

  it('user: of somebody else gets the caller’s groups and no user of the helper’s', () => {
    const ids = [{ inside: 7, outside: 100_000, count: 1 }];
    const lines = planLines({ namespaces: { user: 'redis' } }, { ...joinedOf('user'), uids: ids, gids: ids });
    const at = lines.indexOf('stage   setns(<user of redis>, CLONE_NEWUSER)');
    assert.deepEqual(lines.slice(at - 1, at + 3), [
      'stage   setgroups(2, [27, 1000])',
      'stage   setns(<user of redis>, CLONE_NEWUSER)',
      'stage   setresgid(7, 7, 7)',
      'stage   setresuid(7, 7, 7)',
    ]);
  });
});

describe('what is made for the mounts of a guarded sandbox', () => {
  const definition = { namespaces: { pid: 'redis' }, mounts: [{ type: 'file', path: '/etc/nologin', content: '' }] } as const;

  it('is made with the rights of root inside, where the caller is not root', () => {
    const lines = planLines({ ...definition, mounts: [...definition.mounts], root: 'host' }, joinedOf('pid'));
    const at = lines.indexOf('stage   mknodat(AT_FDCWD, "/etc/nologin", S_IFREG|0644, 0)  # may fail');
    assert.deepEqual(lines.slice(at - 3, at + 3), [
      'stage   setgroups(2, [27, 1000])',
      'stage   setfsgid(1000)',
      'stage   setfsuid(1000)',
      'stage   mknodat(AT_FDCWD, "/etc/nologin", S_IFREG|0644, 0)  # may fail',
      'stage   setfsgid(0)',
      'stage   setfsuid(0)',
    ]);
  });

  it('is made with no more than the caller’s, where root inside is somebody else', () => {
    const ids = [{ inside: 0, outside: 0, count: 1 }];
    const lines = planLines(
      { namespaces: { user: 'redis' }, mounts: [...definition.mounts] },
      { ...joinedOf('user'), uids: ids, gids: ids },
    );
    const at = lines.indexOf('stage   mknodat(AT_FDCWD, "/etc/nologin", S_IFREG|0644, 0)  # may fail');
    assert.equal(lines[at - 1], 'stage   setfsuid(1000)');
  });
});
