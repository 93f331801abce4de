import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstProblem } from '../../../../helper/protocol/problem.ts';
import { Entry, Size, User } from '../../../../helper/protocol/target.ts';

describe('User', () => {
  const good = ['0', '1000', '1000:100', '0:0', '4294967294', 'root', 'www-data', '_apt', 'first.last', 'Jane'];
  for (const user of good) it(`takes ${user}`, () => assert.equal(User.parse(user), user));

  // crun read some of these as another user, mostly as root (CVE-2026-30892).
  const bad = [
    '',
    '-1',
    '0x0',
    '1000:',
    ':100',
    ' 1000',
    '1000 ',
    '1000\n',
    '01',
    '1e3',
    '+1',
    '1000:-1',
    '1000:a',
    '4294967295',
    '4294967296',
  ];
  const names = ['-root', 'root:root', 'a b', 'a/b', 'a\0b', '.hidden', 'a'.repeat(33), '１０００'];
  for (const user of [...bad, ...names]) it(`refuses ${JSON.stringify(user)}`, () => assert.equal(User.safeParse(user).success, false));
});

const types = '"net", "mnt", "pid", "user", "uts", "ipc", "cgroup" or "time"';

const targets: readonly (readonly [unknown, string])[] = [
  [undefined, 'target is missing'],
  [5, 'target must be an object'],
  [{}, 'target must have pid, sandbox, container or namespaces'],
  [{ pod: 'x' }, 'target must have pid, sandbox, container or namespaces'],
  [{ pid: 0 }, 'target.pid must be at least 1'],
  [{ pid: -5 }, 'target.pid must be at least 1'],
  [{ pid: 1.5 }, 'target.pid must be a whole number'],
  [{ pid: '812' }, 'target.pid must be a number'],
  [{ pid: 2 ** 31 }, 'target.pid must be at most 2147483647'],
  [{ pid: 1, sandbox: 'web' }, '"target.sandbox" is not a key of terminal/open'],
  [{ sandbox: '' }, 'target.sandbox must have at least 1 character'],
  [{ container: 5 }, 'target.container must be a string'],
  [{ container: 'web', typ: [] }, '"target.typ" is not a key of terminal/open'],
  [{ namespaces: 'net' }, 'target.namespaces must be a list'],
  [{ namespaces: [] }, 'target.namespaces must have at least 1 element'],
  [{ namespaces: [{ type: 'network', inode: 1 }] }, `target.namespaces[0].type must be ${types}`],
  [{ namespaces: [{ type: 'net', inode: 2 ** 32 }] }, 'target.namespaces[0].inode must be at most 4294967295'],
  [{ pid: 1, types: [] }, 'target.types must have at least 1 element'],
  [{ pid: 1, types: ['network'] }, `target.types[0] must be ${types}`],
];

const entries: readonly (readonly [object, string])[] = [
  [{ cwd: '/' }, '"cwd" is not a key of terminal/open'],
  [{ user: '-1' }, 'user is neither UID, UID:GID nor a user name'],
  [{ user: '4294967295' }, 'user is above the highest user id'],
  [{ command: [] }, 'command must have at least 1 element'],
  [{ command: ['ls\0-l'] }, 'command[0] holds a NUL character'],
  [{ environment: { 'A=B': '' } }, '"A=B" in environment is no name of a variable'],
  [{ directory: 'tmp' }, 'directory must be an absolute path'],
  [{ directory: '/tmp\0/etc' }, 'directory holds a NUL character'],
];

describe('Entry', () => {
  const problem = (value: unknown): string | undefined => {
    const { error } = Entry.safeParse(value);
    return error && firstProblem(error, 'terminal/open');
  };
  for (const [target, expected] of targets)
    it(`refuses the target ${JSON.stringify(target)}: ${expected}`, () => assert.equal(problem({ target }), expected));
  for (const [entry, expected] of entries)
    it(`refuses ${JSON.stringify(entry)}: ${expected}`, () => assert.equal(problem({ target: { pid: 1 }, ...entry }), expected));
});

describe('Size', () => {
  it('takes what the kernel’s struct winsize holds, and not nothing', () => {
    assert.ok(Size.safeParse({ columns: 1, rows: 4096 }).success);
    for (const size of [{ columns: 0, rows: 24 }, { columns: 80, rows: 65_536 }, { columns: 80 }, { columns: 80.5, rows: 24 }])
      assert.equal(Size.safeParse(size).success, false, JSON.stringify(size));
  });
});
