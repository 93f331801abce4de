// What cannot be entered, or not in that way: one sentence, the call and its errno, and nothing left.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Failure } from '../../../helper/protocol/failure.ts';
import { Machine } from '../support/machine.ts';
import { intoGroups } from '../support/make-groups.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';
import { makeGroups, removeGroups } from './support/plain-kinds.ts';

const size = { columns: 80, rows: 24 };
/** More than execve(2) takes of one string, and of all together. */
const TOO_LONG = 'x'.repeat(2 << 20);

interface Bad {
  readonly what: string;
  readonly entry: { readonly command?: readonly string[]; readonly [more: string]: unknown };
  readonly failure: Partial<Failure>;
  /** Where the sentence depends on the process. */
  readonly message?: (pid: number) => string;
}

const notExecuted = (errno: string): Partial<Failure> => ({ kind: 'no-command', syscall: 'execve', errno });
const tooLong: Partial<Failure> = { kind: 'invalid', syscall: 'execve', errno: 'E2BIG' };

const bad: readonly Bad[] = [
  {
    what: 'a command that does not exist',
    entry: { command: ['no-such'] },
    failure: notExecuted('ENOENT'),
    message: pid => `pid ${pid} has no command "no-such".`,
  },
  { what: 'a path that does not exist', entry: { command: ['/no/such'] }, failure: notExecuted('ENOENT') },
  { what: 'a command without a name', entry: { command: [''] }, failure: { kind: 'no-command', syscall: 'execve' } },
  {
    what: 'a relative path that does not exist there',
    entry: { command: ['./no-such'], directory: '/usr' },
    failure: notExecuted('ENOENT'),
  },
  { what: 'a file that may not be executed', entry: { command: ['/etc/passwd'] }, failure: notExecuted('EACCES') },
  { what: 'a directory in place of a command', entry: { command: ['/usr'] }, failure: notExecuted('EACCES') },
  { what: 'a file in place of a directory of the command', entry: { command: ['/etc/passwd/x'] }, failure: notExecuted('ENOTDIR') },
  {
    what: 'a user that the target does not know',
    entry: { command: ['true'], user: 'no-such-user' },
    failure: { kind: 'unknown', subject: 'no-such-user' },
    message: pid => `pid ${pid} knows no user called no-such-user.`,
  },
  { what: 'an environment of 2 MB', entry: { command: ['true'], environment: { BIG: TOO_LONG } }, failure: tooLong },
  {
    what: 'many variables',
    entry: { command: ['true'], environment: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`V${at}`, 'x'.repeat(100_000)])) },
    failure: tooLong,
  },
  { what: 'a word of 2 MB', entry: { command: ['true', TOO_LONG] }, failure: tooLong },
  { what: 'a relative directory', entry: { command: ['true'], directory: 'usr' }, failure: { kind: 'invalid' } },
  { what: 'relative tools', entry: { command: ['true'], tools: '.' }, failure: { kind: 'invalid' } },
  { what: 'a variable without a name', entry: { command: ['true'], environment: { '': 'x' } }, failure: { kind: 'invalid' } },
  { what: 'a variable with = in its name', entry: { command: ['true'], environment: { 'A=B': 'x' } }, failure: { kind: 'invalid' } },
  { what: 'a NUL', entry: { command: ['true\0false'] }, failure: { kind: 'invalid' } },
  { what: 'no command at all', entry: { command: [] }, failure: { kind: 'invalid' } },
  { what: 'tools that are not there', entry: { command: ['true'], tools: '/no/such' }, failure: { kind: 'invalid' } },
  { what: 'tools that are a file', entry: { command: ['true'], tools: '/etc/passwd' }, failure: { kind: 'invalid' } },
];

describe('entering is refused for', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  let pid = 0;
  before(async () => {
    machine = await Machine.start();
    pid = await sleepers.start('unshare', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc', 'sleep', '1000000');
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await sleepers.stop();
    await machine.stop();
  });

  for (const { what, entry, failure, message } of bad)
    it(what, async () => {
      const params = { target: { pid }, ...entry };
      const failures = [
        await machine.failure('process/run', params),
        await machine.failure('process/open', params),
        await machine.failure('terminal/open', { ...params, size }),
      ];
      for (const got of failures) {
        assert.deepEqual(Object.fromEntries(Object.keys(failure).map(key => [key, got[key as keyof Failure]])), failure, got.message);
        if (message) assert.equal(got.message, message(pid));
        // One sentence that a person can read.
        assert.match(got.message, /^[^\n]{10,300}\.$/);
        if (failure.errno !== undefined) assert.ok(got.syscall, 'names the system call');
      }
    });

  it('an id that its user namespace does not map', async () => {
    const inside = await sleepers.start('unshare', '--user', '--map-root-user', 'sleep', '1000000');
    const failure = await machine.failure('process/run', { target: { pid: inside }, command: ['true'], user: '5:5' });
    assert.deepEqual([failure.kind, failure.subject], ['invalid', '5']);
  });

  it('a thread of another process, and one that ended', async () => {
    const other = await sleepers.start('unshare', '--uts', 'sleep', '1000000');
    for (const thread of [other, 0x3f_ffff]) {
      const failure = await machine.failure('process/run', { target: { pid, thread }, command: ['true'] });
      assert.ok(failure.kind === 'gone' || failure.kind === 'unknown', JSON.stringify(failure));
    }
  });

  it('a target that may have no more processes', async context => {
    const groups = makeGroups(`burrow-kernel-refusals-${process.pid}`);
    try {
      const full = await sleepers.start('sh', '-c', `${intoGroups(groups)}; exec sleep 1000000`);
      const limits = groups.map(group => `${group}/pids.max`).filter(file => existsSync(file));
      if (limits.length === 0) return context.skip('the pids controller in a group of the root');
      for (const file of limits) writeFileSync(file, '1');
      const failure = await machine.failure('process/run', { target: { pid: full }, command: ['true'] });
      assert.deepEqual([failure.kind, failure.errno], ['denied', 'EAGAIN'], failure.message);
      assert.match(failure.syscall ?? '', /^clone3?$/);
      process.kill(full, 'SIGKILL');
    } finally {
      await removeGroups(groups);
    }
  });

  it('a directory that is gone, but not the command', async () => {
    const command = ['sh', '-c', 'pwd; sleep 1000000'];
    const terminal = await Terminal.open(machine, { target: { pid }, command, directory: '/no/such' });
    await terminal.see(/^\/\r\n/);
    assert.ok(terminal.notices.includes('there is no directory /no/such; this is /'), terminal.notices.join('\n'));
    await terminal.close();
  });

  it('nothing when a relative path is one of the directory', async () => {
    const run = async (command: string, directory: string): Promise<number | undefined> =>
      (await machine.call('process/run', { target: { pid }, command: [command], directory })).exitCode;
    assert.equal(await run('./true', '/usr/bin'), 0);
    assert.equal(await run('bin/true', '/usr'), 0);
  });
});
