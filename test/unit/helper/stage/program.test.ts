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
  });
});
