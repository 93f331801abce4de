import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Invocation, invocationOf, type ProgramFile } from '../../../../extension/run-file/interpreters.ts';

const elf = '\x7fELF\x02';
const command = (...words: readonly string[]): Invocation => ({ command: words });

const rows: readonly (readonly [string, Partial<ProgramFile>, Invocation])[] = [
  ['a program', { executable: true, beginning: elf }, command('/x/it')],
  ['a script that may be executed', { executable: true, beginning: '#!/bin/sh\n' }, command('/x/it')],
  ['a script that may not', { beginning: '#!/bin/sh\necho' }, command('/bin/sh', '/x/it')],
  [
    'its one argument, as the kernel has it',
    { beginning: '#! /usr/bin/env -S python3 -u \nx' },
    command('/usr/bin/env', '-S python3 -u', '/x/it'),
  ],
  ['a first line of another system', { beginning: '#!/bin/sh\r\n' }, command('/bin/sh', '/x/it')],
  ['its own word before the language', { language: 'python', beginning: '#!/opt/python\n' }, command('/opt/python', '/x/it')],
  ['a language', { language: 'python', beginning: 'print(1)' }, command('python3', '/x/it')],
  ['a language whose interpreter wants an option', { language: 'awk', beginning: 'BEGIN {}' }, command('awk', '-f', '/x/it')],
  [
    'the language of what may be executed and is no program',
    { language: 'lua', executable: true, beginning: 'x=1' },
    command('lua', '/x/it'),
  ],
  [
    'a program that may not be executed',
    { beginning: elf },
    { problem: 'it is a program, but you may not execute it: chmod +x gives you the right' },
  ],
  ['a source of C', { language: 'c', beginning: 'int main' }, { problem: 'it is C: compile it first, and run what comes out of it' }],
  [
    'what is neither',
    { language: 'markdown', beginning: '# Title' },
    { problem: 'Nothing tells how to run it: begin it with a line like #!/usr/bin/env python3' },
  ],
  [
    'an empty first line',
    { beginning: '#!\n' },
    { problem: 'Nothing tells how to run it: begin it with a line like #!/usr/bin/env python3' },
  ],
];

describe('how a file is run', () => {
  for (const [title, file, expected] of rows)
    test(title, () => assert.deepEqual(invocationOf({ path: '/x/it', executable: false, beginning: '', ...file }), expected));

  test('by its ending, where the editor has not looked at it yet', () => {
    const file = { executable: false, beginning: 'print(1)' };
    assert.deepEqual(invocationOf({ ...file, path: '/x/it.py', language: 'plaintext' }), command('python3', '/x/it.py'));
    assert.deepEqual(invocationOf({ ...file, path: '/x/it.py', language: 'ruby' }), command('ruby', '/x/it.py'));
    assert.ok('problem' in invocationOf({ ...file, path: '/x.py/it' }));
  });

  test('by its path inside, where that is another', () => {
    const script = { path: '/tmp/a/it', executable: true, beginning: '#!/bin/sh\n' };
    assert.deepEqual(invocationOf(script, '/tmp/it'), command('/tmp/it'));
  });
});
