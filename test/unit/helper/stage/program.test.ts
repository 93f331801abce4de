import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags, handlesOf, type Instruction, describe as show } from '../../../../helper/stage/program.ts';

const lines: readonly (readonly [Instruction, string])[] = [
  [{ call: 'mount', arguments: [null, '/', null, { text: 'MS_REC', value: 16384 }, null] }, 'mount(NULL, "/", NULL, MS_REC, NULL)'],
  [{ call: 'setns', arguments: [{ handle: 'net of web' }, 0] }, 'setns(<net of web>, 0)'],
  [{ call: 'close', arguments: [{ resultOf: 'file' }] }, 'close(<file>)'],
  [{ call: 'setgroups', arguments: [1, { bytes: Buffer.alloc(4), text: '[27]' }] }, 'setgroups(1, [27])'],
  [{ call: 'execve', arguments: ['/bin/ls', { strings: ['ls', '-l'] }, { strings: [] }] }, 'execve("/bin/ls", ["ls","-l"], [])'],
  [{ call: 'chdir', arguments: ['/a'], tolerate: ['ENOENT', 'EACCES'] }, 'chdir("/a")  # may fail: ENOENT, EACCES'],
  [{ call: 'chdir', arguments: ['/a'], tolerate: 'all' }, 'chdir("/a")  # may fail'],
  // A path is hostile text: what it holds must not look like the end of the call.
  [{ call: 'chdir', arguments: ['/a")\n\u001b[31m'] }, 'chdir("/a\\")\\n\\u001b[31m")'],
  [{ do: 'fork' }, 'clone(CLONE_PARENT|SIGCHLD)'],
  [{ do: 'sync', until: 'step 3' }, 'wait until the helper: step 3'],
  [{ do: 'fork', into: { resultOf: 'cgroup' } }, 'clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=<cgroup>})'],
  [{ do: 'command', ending: 1, null: 2, stays: false }, 'clone(SIGCHLD), and stay as init: reap children, pass signals on, end with it'],
  [{ do: 'command', ending: 1, null: 2, stays: true }, 'clone(SIGCHLD), and stay as init: reap children, pass signals on'],
  [
    { call: 'seccomp', arguments: [{ text: 'SECCOMP_SET_MODE_FILTER', value: 1 }, 0, { filter: Buffer.alloc(24) }] },
    'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=3, filter})',
  ],
  [{ do: 'init' }, 'stay as init: reap children, end on SIGTERM'],
];

describe('describe', () => {
  for (const [instruction, line] of lines) it(`prints ${line}`, () => assert.equal(show(instruction), line));
});

describe('flags', () => {
  const table = { A: 1, B: 0x8000_0000, C: 0 } as const;
  it('adds the values and joins the names', () => assert.deepEqual(flags(table, 'A', 'B'), { text: 'A|B', value: 0x8000_0001 }));
  it('prints none as 0', () => assert.deepEqual(flags(table), { text: '0', value: 0 }));
});

describe('handlesOf', () => {
  it('names each handle once, in the order of use', () => {
    const handle = (of: string): Instruction => ({ call: 'close', arguments: [{ handle: of }] });
    assert.deepEqual(handlesOf([handle('net'), { do: 'fork' }, handle('uts'), handle('net')]), ['net', 'uts']);
    assert.deepEqual(handlesOf([handle('net'), { do: 'command', ending: { handle: 'pipe' }, null: { handle: 'null' }, stays: false }]), [
      'net',
      'pipe',
      'null',
    ]);
  });
});
