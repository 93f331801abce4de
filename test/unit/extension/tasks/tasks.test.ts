import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTask } from '../../../../extension/tasks/definition.ts';
import { asTask, exitCodeOf, failing } from '../../../../extension/tasks/program.ts';
import { freeName, redefined } from '../../../../extension/tasks/redefine.ts';
import type { Ending } from '../../../../extension/terminal/messages.ts';
import type { Program } from '../../../../extension/terminal/shell.ts';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';

describe('a task', () => {
  test('with a text has it read by a shell, and with a list executes that', () => {
    assert.deepEqual(readTask({ type: 'burrow', target: 'sandbox:web', command: 'make | tail' }), {
      kind: 'target',
      target: 'sandbox:web',
      command: ['/bin/sh', '-c', 'make | tail'],
    });
    assert.deepEqual(
      readTask({ type: 'burrow', target: 'pid:8', command: ['ls', '-l'], user: '0', directory: '/srv', environment: { A: 'b' } }),
      {
        kind: 'target',
        target: 'pid:8',
        command: ['ls', '-l'],
        user: '0',
        directory: '/srv',
        environment: { A: 'b' },
      },
    );
  });

  test('with a file may leave the command to that', () => {
    assert.deepEqual(readTask({ type: 'burrow', file: 'a.burrow.jsonc' }), { kind: 'file', file: 'a.burrow.jsonc', command: undefined });
  });

  test('that cannot be run says why', () => {
    const why: readonly (readonly [Record<string, unknown>, RegExp])[] = [
      [{ command: 'ls' }, /neither a target like sandbox:web nor a file/],
      [{ target: 'sandbox:web' }, /no command/],
      [{ target: 'sandbox:web', file: 'x', command: 'ls' }, /a target and a file/],
      [{ target: 'sandbox:web', command: 7 }, /command must be/],
      [{ target: 'sandbox:web', command: [] }, /command/],
      [{ target: 'sandbox:web', command: 'ls', user: 'a b' }, /user is neither/],
      [{ target: 'sandbox:web', command: 'ls', directory: 'srv' }, /directory must be an absolute path/],
    ];
    for (const [definition, words] of why)
      assert.throws(() => readTask({ type: 'burrow', ...definition }), words, JSON.stringify(definition));
  });
});

describe('the end of a task', () => {
  const program = (lines: readonly string[]): Program<Ending> => ({
    offer: 'any key closes',
    start: () => Promise.reject(new Error('not here')),
    onDidEnd: () => ({ dispose: () => {} }),
    farewell: () => ({ lines, closes: false }),
    hangUp: () => Promise.resolve(),
  });

  test('is a code as a shell gives it', () => {
    assert.equal(exitCodeOf({ exitCode: 3 }), 3);
    assert.equal(exitCodeOf({ signal: 'SIGKILL' }), 137);
    assert.equal(exitCodeOf(undefined), 1);
  });

  test('closes the terminal with it, and says only what the code does not', async () => {
    const task = asTask(program(['how']), ending => ending, { tells: false });
    assert.equal(task.offer, undefined);
    assert.deepEqual(await task.farewell({ exitCode: 3 }), { lines: [], closes: true, exitCode: 3 });
    assert.deepEqual(await task.farewell({ signal: 'SIGTERM' }), { lines: ['how'], closes: true, exitCode: 143 });
    assert.deepEqual(await task.farewell(undefined), { lines: ['how'], closes: true, exitCode: 1 });
  });

  test('tells all of a run, whose limits and figures are worth it', async () => {
    const task = asTask(program(['exit 0', '1 s wall time']), ending => ending, { tells: true });
    assert.deepEqual(await task.farewell({ exitCode: 0 }), { lines: ['exit 0', '1 s wall time'], closes: true, exitCode: 0 });
  });

  test('of one that could not begin is its error', async () => {
    await assert.rejects(failing(new Error('no such sandbox')).start({ columns: 80, rows: 24 }), /no such sandbox/);
  });
});

describe('the sandbox of a task', () => {
  const definition = Definition.parse({ name: 'lab', command: ['true'], environment: { A: '1', B: '2' }, user: 'nobody' });

  test('is that of the file with what the task says instead', () => {
    const order = { kind: 'file', file: 'x', command: ['make'], environment: { B: '3' }, directory: '/srv' } as const;
    const made = redefined(definition, order, 'lab-2');
    assert.deepEqual(
      [made.name, made.command, made.environment, made.directory, made.user, made.persist],
      ['lab-2', ['make'], { A: '1', B: '3' }, '/srv', 'nobody', false],
    );
    assert.deepEqual(redefined(definition, { kind: 'file', file: 'x' }, 'lab').command, ['true']);
  });

  test('has a name that no other one has', () => {
    assert.equal(freeName('lab', []), 'lab');
    assert.equal(freeName('lab', ['lab', 'lab-2']), 'lab-3');
    const long = `${'a'.repeat(29)}-bc`;
    assert.equal(freeName(long, [long]), `${'a'.repeat(29)}-2`);
  });
});
