import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layOut } from '../../../../helper/cgroup/layout.ts';
import { asGiven, type Command } from '../../../../helper/entry/command.ts';
import { type EntryPlan, entryProgram } from '../../../../helper/entry/program.ts';
import { attemptsFor, shells } from '../../../../helper/entry/shells.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';
import { capabilities } from '../../../../helper/security/capabilities.ts';
import { describe as show } from '../../../../helper/stage/program.ts';
import { hybridHost } from '../cgroup/hosts.ts';
import { plan } from './plan.ts';

const lines = (changes: Partial<EntryPlan>): string[] => entryProgram({ ...plan, ...changes }).map(show);
const linesOf = (changes: Partial<Command>): string[] => lines({ command: { ...plan.command, ...changes } });
const joined = (changes: Partial<EntryPlan>): string[] => lines(changes).flatMap(line => /CLONE_\w+(?=\)$)/.exec(line) ?? []);

describe('entryProgram', () => {
  it('enters, becomes root of the target, takes the terminal and executes', () => {
    assert.deepEqual(lines({}), [
      'prctl(PR_SET_DUMPABLE, 0)',
      'prctl(PR_SET_NAME, "burrow-stage")',
      'keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL)  # may fail: ENOSYS',
      'fcntl(3, F_SETFD, FD_CLOEXEC)',
      'setgroups(2, [27, 1000])',
      'setns(<net of web>, CLONE_NEWNET)',
      'setns(<mnt of web>, CLONE_NEWNS)',
      'clone(CLONE_PARENT|SIGCHLD)',
      'wait until the helper: notes its pid',
      'setns(<user of web>, CLONE_NEWUSER)',
      'fchdir(<root of web>)',
      'chroot(".")',
      'close_range(4, ~0U, 0)',
      'setsid()',
      'ioctl(0, TIOCSCTTY, 0)',
      'umask(0022)',
      'chdir("/")',
      'setresgid(0, 0, 0)',
      'setresuid(0, 0, 0)',
      'chdir("/root")',
      'execve("/bin/sh", ["/bin/sh","-i"], ["PATH=/bin","HOME=/root","USER=root","LANG=C.UTF-8","TERM=xterm-256color"])',
    ]);
  });

  it('joins the user namespace last with privileges', () => {
    assert.deepEqual(joined({ types: namespaceTypes }), [
      'CLONE_NEWIPC',
      'CLONE_NEWUTS',
      'CLONE_NEWNET',
      'CLONE_NEWPID',
      'CLONE_NEWTIME',
      'CLONE_NEWNS',
      'CLONE_NEWCGROUP',
      'CLONE_NEWUSER',
    ]);
  });

  it('joins the user namespace first without privileges, and leaves its groups alone', () => {
    assert.deepEqual(joined({ privileged: false }), ['CLONE_NEWUSER', 'CLONE_NEWNET', 'CLONE_NEWNS']);
    assert.ok(!lines({ privileged: false }).some(line => line.startsWith('setgroups')));
  });

  it('takes no root directory where the mount namespace stays', () => {
    assert.ok(!lines({ types: ['net'], hasRoot: false }).some(line => line.startsWith('chroot') || line.startsWith('fchdir')));
  });

  it('gives up what the process beside it has given up', () => {
    const kept = new Set(capabilities.filter(name => name !== 'CAP_SYS_ADMIN' && name !== 'CAP_PERFMON'));
    const all = linesOf({ confinement: { limits: {}, capabilities: { kept, last: 40 }, noNewPrivileges: true } });
    const at = [
      'prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)',
      'prctl(PR_CAPBSET_DROP, CAP_PERFMON)',
      'setresuid(0, 0, 0)',
      'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)',
    ].map(line => all.indexOf(line));
    assert.ok(
      at.every((place, index) => place > (at[index - 1] ?? 0)),
      all.join('\n'),
    );
  });

  it('takes no terminal for a command with pipes', () => {
    assert.ok(!linesOf({ terminal: false }).some(line => line.startsWith('ioctl') || line.includes('TERM=')));
  });

  it('closes all that it was handed before it follows a path of the caller', () => {
    const all = linesOf({ directory: '/proc/self/fd/5' });
    const closed = all.findIndex(line => line.startsWith('close_range'));
    const followed = all.indexOf('chdir("/proc/self/fd/5")');
    assert.ok(closed > 0 && followed > closed, all.join('\n'));
  });

  it('tries every shell, and lets the last one say why', () => {
    const attempts = linesOf({
      attempts: attemptsFor({ command: undefined, login: false, integration: false, canHaveDirectory: () => false }, undefined),
    }).filter(line => line.startsWith('execve'));
    assert.deepEqual(
      attempts.map(line => line.slice(7, line.indexOf(', ["PATH'))),
      shells.map(([path, ...more]) => `${JSON.stringify(path)}, ${JSON.stringify([path, ...more])}`),
    );
    attempts.forEach((line, index) => {
      assert.equal(line.endsWith('  # may fail: ENOENT, EACCES, ENOTDIR'), index < attempts.length - 1, line);
    });
  });

  it('looks for a bare name along PATH as execvp(3) does', () => {
    const attempts = linesOf({ attempts: [asGiven(['ls', '-l'])], environment: { PATH: '/usr/bin::/bin' } }).filter(line =>
      line.startsWith('execve'),
    );
    assert.deepEqual(
      attempts.map(line => line.replace(/, \["PATH=[^\]]*\]/, '')),
      [
        'execve("/usr/bin/ls", ["ls","-l"])  # may fail: ENOENT, EACCES, ENOTDIR',
        'execve("./ls", ["ls","-l"])  # may fail: ENOENT, EACCES, ENOTDIR',
        'execve("/bin/ls", ["ls","-l"])',
      ],
    );
  });

  it('gives every command the variables of its user, and what is said besides', () => {
    const identity = { uid: 7, gid: 7, name: undefined, home: '/' };
    assert.match(
      linesOf({ identity, terminal: false, environment: { LANG: 'C', A: '' } }).at(-1) ?? '',
      /\["PATH=[^"]+","HOME=\/","USER=7","LANG=C","A="\]\)$/,
    );
  });

  it('enters the target’s control groups as the host’s root, by being born into that of v2', () => {
    const { places } = layOut('a1', hybridHost(), {
      limits: { processes: 5 },
      lasting: false,
      guarded: false,
      killable: true,
      counted: false,
    });
    const all = lines({ places });
    const at = [
      'openat(AT_FDCWD, "/sys/fs/cgroup/pids/burrow/a1/inside/tasks", O_WRONLY|O_CLOEXEC, 0)',
      'openat(AT_FDCWD, "/sys/fs/cgroup/unified/burrow/a1", O_PATH|O_CLOEXEC, 0)',
      'setns(<net of web>, CLONE_NEWNET)',
      'clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=<cgroup>})',
      'close_range(4, ~0U, 0)',
    ].map(line => all.indexOf(line));
    assert.ok(
      at.every((place, index) => place > (at[index - 1] ?? 0)),
      all.join('\n'),
    );
  });

  /** The place of each line; all must be there. */
  const places = (all: readonly string[], ...wanted: readonly string[]): number[] => {
    for (const line of wanted) assert.ok(all.includes(line), `${line} in\n${all.join('\n')}`);
    return wanted.map(line => all.indexOf(line));
  };
  const isInOrder = (numbers: readonly number[]): boolean => numbers.every((each, index) => each > (numbers[index - 1] ?? -1));

  it('enters another’s control groups by what is held of them', () => {
    const all = lines({
      memberships: [
        { version: 1, path: '/sys/fs/cgroup/pids/docker/a1/tasks' },
        { version: 2, path: '/sys/fs/cgroup/unified/docker/a1' },
      ],
    });
    const order = places(
      all,
      'write(<group /sys/fs/cgroup/pids/docker/a1/tasks>, "0", 1)',
      'setns(<net of web>, CLONE_NEWNET)',
      'clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=<group /sys/fs/cgroup/unified/docker/a1>})',
      'close_range(4, ~0U, 0)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
  });

  // Under the option nsdelegate of cgroup2 a child is born into no group outside the part of the tree that is seen.
  for (const privileged of [true, false]) {
    it(`joins a cgroup namespace only once it is in the group, ${privileged ? 'with' : 'without'} privileges`, () => {
      const all = lines({ privileged, types: ['cgroup', 'mnt', 'user'], memberships: [{ version: 2, path: '/sys/fs/cgroup/docker/a1' }] });
      const order = places(
        all,
        'setns(<mnt of web>, CLONE_NEWNS)',
        'clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=<group /sys/fs/cgroup/docker/a1>})',
        'setns(<cgroup of web>, CLONE_NEWCGROUP)',
        'chroot(".")',
      );
      assert.ok(isInOrder(order), all.join('\n'));
    });
  }

  it('takes on ids that are not mapped before the user namespace is joined, and keeps what it needs until then', () => {
    const as = { outside: { uid: 61_000, gid: 61_000, groups: [] }, isMapped: false };
    const all = lines({ as, command: { ...plan.command, isAlready: true } });
    const order = places(
      all,
      'setns(<mnt of web>, CLONE_NEWNS)',
      'clone(CLONE_PARENT|SIGCHLD)',
      'prctl(PR_SET_KEEPCAPS, 1)',
      'setresgid(61000, 61000, 61000)',
      'setresuid(61000, 61000, 61000)',
      'setns(<user of web>, CLONE_NEWUSER)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
    assert.equal(all.filter(line => line.startsWith('setresuid')).length, 1);
  });

  it('makes /proc and /sys anew with the host’s rights, and gives those up after', () => {
    const view = {
      proc: true,
      sys: ['/sys/fs/cgroup'],
      files: [{ from: '/etc/netns/blue/hosts', to: '/etc/hosts' }],
      tools: undefined,
      closed: undefined,
    };
    const all = lines({ types: ['net', 'pid', 'user'], hasRoot: false, hasMounts: false, view });
    const order = places(
      all,
      'unshare(CLONE_NEWNS)',
      'mount(NULL, "/", NULL, MS_REC|MS_SLAVE, NULL)',
      'setns(<net of web>, CLONE_NEWNET)',
      'clone(CLONE_PARENT|SIGCHLD)',
      'open_tree(AT_FDCWD, "/sys/fs/cgroup", OPEN_TREE_CLONE|AT_RECURSIVE|OPEN_TREE_CLOEXEC)',
      'mount("proc", "/proc", "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)  # may fail: EBUSY',
      'mount("sysfs", "/sys", "sysfs", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)  # may fail: EBUSY',
      'move_mount(<mount /sys/fs/cgroup>, "", AT_FDCWD, "/sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH)',
      'mount("/etc/netns/blue/hosts", "/etc/hosts", NULL, MS_BIND|MS_REC, NULL)  # may fail: ENOENT, ENOTDIR',
      'setns(<user of web>, CLONE_NEWUSER)',
      'close_range(4, ~0U, 0)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
  });

  it('shows the target’s files to programs of elsewhere, and mounts nothing in the target', () => {
    const tools = { directory: '/', cover: '/run/burrow', writable: false };
    const all = lines({ types: ['net'], hasRoot: false, view: { proc: true, sys: [], files: [], tools, closed: undefined } });
    const order = places(
      all,
      'setns(<mnt of web>, CLONE_NEWNS)',
      'open_tree(<root of web>, "", OPEN_TREE_CLONE|AT_EMPTY_PATH|AT_RECURSIVE|OPEN_TREE_CLOEXEC)',
      'setns(<mnt of this machine>, CLONE_NEWNS)',
      'unshare(CLONE_NEWNS)',
      'mount("tmpfs", "/run/burrow", "tmpfs", MS_NOSUID|MS_NODEV, "mode=755")',
      'mkdirat(AT_FDCWD, "/run/burrow/target", 0755)',
      'move_mount(<files>, "", AT_FDCWD, "/run/burrow/target", MOVE_MOUNT_F_EMPTY_PATH)',
      'mount(NULL, "/run/burrow/target", NULL, MS_REC|MS_SLAVE, NULL)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
  });

  it('is out of this machine’s files and without most rights before the target sees it', () => {
    const tools = { directory: '/', cover: '/run/burrow', writable: false };
    const parts = [
      { path: '/usr', source: '/usr', link: undefined, isDirectory: true },
      { path: '/bin', source: '/bin', link: 'usr/bin', isDirectory: false },
    ];
    const closed = { parts, staging: '/run/burrow', terminal: '/dev/pts/3' };
    const all = lines({ types: ['net', 'pid'], hasRoot: false, view: { proc: true, sys: undefined, files: [], tools, closed } });
    const order = places(
      all,
      'unshare(CLONE_NEWNS)',
      'open_tree(AT_FDCWD, "/usr", OPEN_TREE_CLONE|AT_SYMLINK_NOFOLLOW|AT_RECURSIVE|OPEN_TREE_CLOEXEC)',
      'symlinkat("usr/bin", AT_FDCWD, "/run/burrow/bin")',
      'move_mount(<terminal>, "", AT_FDCWD, "/run/burrow/dev/pts/3", MOVE_MOUNT_F_EMPTY_PATH)',
      'move_mount(<files>, "", AT_FDCWD, "/run/burrow/run/burrow/target", MOVE_MOUNT_F_EMPTY_PATH)',
      'pivot_root(".", ".")',
      'umount2(".", MNT_DETACH)',
      'setns(<pid of web>, CLONE_NEWPID)',
      'mount("sysfs", "/sys", "sysfs", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)',
      'clone(CLONE_PARENT|SIGCHLD)',
      'mount("proc", "/proc", "proc", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
    assert.match(
      all[all.indexOf('clone(CLONE_PARENT|SIGCHLD)') - 1] ?? '',
      /^capset\(.*effective=CAP_SETGID\|CAP_SETUID\|CAP_SETPCAP\|CAP_SYS_ADMIN,/,
    );
  });

  it('takes on the label of a security module by the host’s /proc, in the process that is labelled', () => {
    const all = lines({ lsm: { text: 'docker-default', attribute: 'apparmor/exec', value: 'exec docker-default' } });
    const order = places(
      all,
      'clone(CLONE_PARENT|SIGCHLD)',
      'openat(</proc of this machine>, "self/attr/apparmor/exec", O_WRONLY|O_CLOEXEC, 0)',
      'write(<label docker-default>, "exec docker-default", 19)',
      'close_range(4, ~0U, 0)',
    );
    assert.ok(isInOrder(order), all.join('\n'));
  });
});
