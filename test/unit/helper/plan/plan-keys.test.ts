import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as show } from '../../../../helper/plan/steps.ts';
import { asRoot, changed, changedRun, difference, inPipes, inTerminal, plan, planLines } from './plans.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const isExecve = (line: string): boolean => line.startsWith('stage   execve(');

/** Without the attempts to find a shell. */
const besidesExecve = ({ gone, new: fresh }: ReturnType<typeof changed>): ReturnType<typeof changed> => ({
  gone: gone.filter(line => !isExecve(line)),
  new: fresh.filter(line => !isExecve(line)),
});

describe('a key of the definition', () => {
  it('hostname: is set instead of the name', () => {
    assert.deepEqual(changed({ hostname: 'db.test' }), {
      gone: ['stage   sethostname("web", 3)'],
      new: ['stage   sethostname("db.test", 7)'],
    });
  });

  it('domainname: is set besides', () => {
    assert.deepEqual(changed({ domainname: 'lab' }), { gone: [], new: ['stage   setdomainname("lab", 3)'] });
  });

  it('users auto: maps the ranges, and leaves setgroups allowed', () => {
    const ids = [
      { inside: 0, outside: 1000, count: 1 },
      { inside: 1, outside: 100_000, count: 65_536 },
    ];
    assert.deepEqual(changed({ users: 'auto' }, { uids: ids, gids: ids }), {
      gone: ['helper  write uid_map: 0 1000 1; gid_map: 0 1000 1; setgroups: deny'],
      new: ['helper  write uid_map: 0 1000 1, 1 100000 65536; gid_map: 0 1000 1, 1 100000 65536'],
    });
  });

  it('users explicit: denies setgroups where only the caller’s own group is mapped, so that none can be given up', () => {
    const uid = [{ inside: 0, outside: 100_000, count: 9 }];
    const own = [{ inside: 3, outside: 1000, count: 1 }];
    const more = [...own, { inside: 4, outside: 100_000, count: 1 }];
    const map = (gids: typeof own): string[] =>
      planLines({ users: { uid, gid: gids } }, { uids: uid, gids }).filter(line => line.startsWith('helper  write uid_map'));
    assert.deepEqual(map(own), ['helper  write uid_map: 0 100000 9; gid_map: 3 1000 1; setgroups: deny']);
    assert.deepEqual(map(more), ['helper  write uid_map: 0 100000 9; gid_map: 3 1000 1, 4 100000 1']);
  });

  it('users same: becomes whoever is mapped, and not 0', () => {
    const ids = [{ inside: 1000, outside: 1000, count: 1 }];
    const lines = planLines({ users: 'same' }, { uids: ids, gids: ids });
    const map = lines.indexOf('helper  write uid_map: 1000 1000 1; gid_map: 1000 1000 1; setgroups: deny');
    assert.deepEqual(lines.slice(map + 1, map + 3), ['stage   setresgid(1000, 1000, 1000)', 'stage   setresuid(1000, 1000, 1000)']);
  });

  it('time: writes the offsets before the first process is in the namespace', () => {
    const moved = changed({ time: { boottimeSeconds: 86_400, monotonicSeconds: -1 } });
    assert.deepEqual(moved, { gone: [], new: ['helper  write timens_offsets: monotonic -1, boottime 86400'] });
    for (const facts of [{}, asRoot]) {
      const lines = planLines({ time: { boottimeSeconds: 86_400, monotonicSeconds: -1 } }, facts);
      const at = lines.indexOf(moved.new[0] ?? '');
      assert.ok(lines.findIndex(line => line.includes('CLONE_NEWTIME')) < at && at < lines.indexOf('stage   clone(CLONE_PARENT|SIGCHLD)'));
    }
  });

  it('root discard: covers the host’s other disks, which may fail', () => {
    assert.deepEqual(changed({}, { disks: ['/home', '/srv/a,b:c'] }).new, [
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper/1", 0755)',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work/1", 0755)',
      'stage   mount("overlay", "/run/burrow/staging/root/home", "overlay", MS_NODEV, "lowerdir=/home,upperdir=/run/burrow/staging/upper/1,workdir=/run/burrow/staging/work/1,redirect_dir=off,metacopy=off")  # may fail',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper/2", 0755)',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work/2", 0755)',
      'stage   mount("overlay", "/run/burrow/staging/root/srv/a,b:c", "overlay", MS_NODEV, "lowerdir=/srv/a\\\\,b\\\\:c,upperdir=/run/burrow/staging/upper/2,workdir=/run/burrow/staging/work/2,redirect_dir=off,metacopy=off")  # may fail',
    ]);
  });

  it('root directory: is read-only unless it says otherwise', () => {
    const [before, after] = [true, false].map(readonly => planLines({ root: { directory: '/srv', readonly } }));
    assert.deepEqual(difference(before ?? [], after ?? []), {
      gone: ['stage   mount_setattr(<root directory>, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)'],
      new: [],
    });
    assert.deepEqual(before, planLines({ root: { directory: '/srv' } }));
  });

  it('mounts tmpfs: has no size unless it says one', () => {
    const options = (size?: string): string[] =>
      changed({ mounts: [{ type: 'tmpfs', path: '/tmp', ...(size !== undefined && { size }) }] }).new.map(line => line.slice(-14));
    assert.deepEqual(options(), ['V, "mode=755")']);
    assert.deepEqual(options('2K'), ['55,size=2048")']);
  });

  it('mounts: none leaves not even /tmp', () => {
    const { gone, new: fresh } = changed({ mounts: [] });
    assert.deepEqual(fresh, []);
    assert.ok(gone.includes('stage   mount("tmpfs", ".", "tmpfs", MS_NOSUID|MS_NODEV, "mode=1777")'));
  });

  it('network none: leaves the loopback', () => {
    const without = changed({ network: 'none' }, { network: undefined });
    assert.deepEqual(without.new, [
      'stage   socket(AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC, 0)',
      'stage   ioctl(<socket>, SIOCSIFFLAGS, {ifr_name="lo", ifr_flags=IFF_UP})',
      'stage   close(<socket>)',
    ]);
    assert.equal(without.gone.length, 6);
  });

  it('command, environment and directory: are no part of the plan of a sandbox that stays', () => {
    assert.deepEqual(changed({ command: ['make'], environment: { A: 'b' }, directory: '/src', user: '5', $schema: 'burrow.json' }), {
      gone: [],
      new: [],
    });
  });

  it('command and environment: are all that a run executes, with the variables that every command has', () => {
    const { new: fresh } = changedRun({ command: ['/bin/make', 'all'], environment: { A: 'b', HOME: '/x' } });
    assert.deepEqual(fresh, [`stage   execve("/bin/make", ["/bin/make","all"], ["${PATH}","HOME=/x","USER=root","LANG=C.UTF-8","A=b"])`]);
  });

  it('directory: is entered by the command’s user, or the command is not executed', () => {
    assert.deepEqual(changedRun({ directory: '/src' }), { gone: [], new: ['stage   chdir("/src")'] });
  });

  it('user: gives up all capabilities', () => {
    const identity = { uid: 5, gid: 7, name: 'games', home: '/g' };
    assert.deepEqual(besidesExecve(changedRun({ user: '5' }, { identity })), {
      gone: ['stage   setresgid(0, 0, 0)', 'stage   setresuid(0, 0, 0)'],
      new: [
        'stage   prctl(PR_SET_KEEPCAPS, 1)',
        'stage   setresgid(7, 7, 7)',
        'stage   setresuid(5, 5, 5)',
        'stage   capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=0, permitted=0, inheritable=0})',
      ],
    });
  });

  it('security.umask: is the command’s', () => {
    assert.deepEqual(changedRun({ security: { umask: '077' } }), { gone: ['stage   umask(0022)'], new: ['stage   umask(0077)'] });
  });

  it('security and limits: hold the command, in the order of confine', () => {
    const confinement = { limits: { core: 0 }, noNewPrivileges: true, filter: Buffer.alloc(16) };
    assert.deepEqual(changedRun({}, { confinement }), {
      gone: [],
      new: [
        'stage   prlimit64(0, RLIMIT_CORE, {rlim_cur=0, rlim_max=0}, NULL)',
        'stage   prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)',
        'stage   seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=2, filter})',
      ],
    });
    assert.deepEqual(changed({}, { confinement }), { gone: [], new: [] });
  });

  it('persist: lets it outlive the helper, but not a run, unless that keeps it', () => {
    const deathSignal = 'stage   prctl(PR_SET_PDEATHSIG, SIGKILL)';
    assert.deepEqual(changed({ persist: false }), { gone: [], new: [deathSignal] });
    assert.deepEqual(changedRun({ persist: false }), { gone: [], new: [] });
    assert.ok(planLines({}, {}, inPipes).includes(deathSignal));
    assert.ok(!planLines({ onExit: 'keep' }, {}, inPipes).includes(deathSignal));
    assert.ok(planLines({ onExit: 'keep', persist: false }, {}, inPipes).includes(deathSignal));
  });

  it('persist: is said once the command without an init is the user that it stays', () => {
    const lines = planLines(
      { init: false, command: ['/a'], user: '5' },
      { identity: { uid: 5, gid: 5, name: undefined, home: '/' } },
      inPipes,
    );
    const [became, deathSignal] = ['stage   setresuid(5, 5, 5)', 'stage   prctl(PR_SET_PDEATHSIG, SIGKILL)'].map(line =>
      lines.indexOf(line),
    );
    assert.ok(became !== undefined && became >= 0 && deathSignal === became + 1);
    assert.equal(lines.filter(line => line.includes('PDEATHSIG')).length, 1);
  });

  it('onExit: lets init go on without its command', () => {
    assert.deepEqual(changedRun({ onExit: 'keep' }), {
      gone: [
        'stage   prctl(PR_SET_PDEATHSIG, SIGKILL)',
        'stage   clone(SIGCHLD), and stay as init: reap children, pass signals on, end with it',
      ],
      new: ['stage   clone(SIGCHLD), and stay as init: reap children, pass signals on'],
    });
  });

  it('a terminal: is the command’s own, and never init’s', () => {
    const only = difference(planLines({}, {}, inPipes), planLines({}, {}, inTerminal)).new.filter(line => !isExecve(line));
    assert.deepEqual(only, ['stage   ioctl(0, TIOCSCTTY, 0)']);
    const lines = show(plan({}, {}, inTerminal));
    assert.ok(lines.indexOf('stage   ioctl(0, TIOCSCTTY, 0)') > lines.findIndex(line => line.includes('stay as init')));
  });
});
