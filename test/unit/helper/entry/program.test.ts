import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EntryPlan, entryProgram } from '../../../../helper/entry/program.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';
import { describe as show } from '../../../../helper/stage/program.ts';

const plan: EntryPlan = {
  types: ['net', 'user', 'mnt'],
  label: 'web',
  hasRoot: true,
  privileged: true,
  uid: 0,
  gid: 0,
  groups: [27, 1000],
  withheld: [],
  noNewPrivileges: false,
  terminal: true,
  directory: '/root',
  candidates: [['/bin/sh', '-i']],
  environment: { PATH: '/bin', HOME: '/root' },
};

const lines = (changes: Partial<EntryPlan>): string[] => entryProgram({ ...plan, ...changes }).map(show);
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
      'setns(<user of web>, CLONE_NEWUSER)',
      'clone(CLONE_PARENT|SIGCHLD)',
      'wait until the helper: notes its pid',
      'fchdir(<root of web>)',
      'chroot(".")',
      'close_range(4, ~0U, 0)',
      'setresgid(0, 0, 0)',
      'setresuid(0, 0, 0)',
      'setsid()',
      'ioctl(0, TIOCSCTTY, 0)',
      'umask(022)',
      'chdir("/")',
      'chdir("/root")  # may fail',
      'execve("/bin/sh", ["/bin/sh","-i"], ["PATH=/bin","HOME=/root"])',
    ]);
  });

  it('joins the user namespace last with privileges', () => {
    assert.deepEqual(joined({ types: namespaceTypes }), [
      'CLONE_NEWCGROUP',
      'CLONE_NEWIPC',
      'CLONE_NEWUTS',
      'CLONE_NEWNET',
      'CLONE_NEWPID',
      'CLONE_NEWTIME',
      'CLONE_NEWNS',
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

  it('gives up, before it is the user, what the process beside it has given up', () => {
    const all = lines({ withheld: [21, 38], noNewPrivileges: true });
    const at = [
      'prctl(PR_CAPBSET_DROP, 21)',
      'prctl(PR_CAPBSET_DROP, 38)',
      'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)',
      'setresuid(0, 0, 0)',
    ].map(line => all.indexOf(line));
    assert.ok(
      at.every((place, index) => place > (at[index - 1] ?? 0)),
      all.join('\n'),
    );
  });

  it('takes no terminal for a command with pipes', () => {
    assert.ok(!lines({ terminal: false }).some(line => line.startsWith('ioctl')));
  });

  it('closes all that it was handed before it follows a path of the caller', () => {
    const all = lines({ directory: '/proc/self/fd/5' });
    const closed = all.findIndex(line => line.startsWith('close_range'));
    const followed = all.indexOf('chdir("/proc/self/fd/5")  # may fail');
    assert.ok(closed > 0 && followed > closed, all.join('\n'));
  });

  it('tries every candidate, and lets the last one say why', () => {
    assert.deepEqual(lines({ candidates: [['/bin/bash'], ['/bin/sh'], ['/bin/busybox', 'sh']], environment: {} }).slice(-3), [
      'execve("/bin/bash", ["/bin/bash"], [])  # may fail: ENOENT, EACCES, ENOTDIR',
      'execve("/bin/sh", ["/bin/sh"], [])  # may fail: ENOENT, EACCES, ENOTDIR',
      'execve("/bin/busybox", ["/bin/busybox","sh"], [])',
    ]);
  });

  it('looks for a bare name along PATH as execvp(3) does', () => {
    assert.deepEqual(lines({ candidates: [['ls', '-l']], environment: { PATH: '/usr/bin::/bin' } }).slice(-3), [
      'execve("/usr/bin/ls", ["ls","-l"], ["PATH=/usr/bin::/bin"])  # may fail: ENOENT, EACCES, ENOTDIR',
      'execve("./ls", ["ls","-l"], ["PATH=/usr/bin::/bin"])  # may fail: ENOENT, EACCES, ENOTDIR',
      'execve("/bin/ls", ["ls","-l"], ["PATH=/usr/bin::/bin"])',
    ]);
  });
});
