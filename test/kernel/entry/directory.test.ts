// Where a command begins when it cannot begin where it was to: never elsewhere without a word.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { ParamsInput } from '../../../helper/protocol/methods.ts';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';

type Entry = Omit<ParamsInput<'process/run'>, 'command'>;

/** In no account file, so that its home is `/`. */
const STRANGER = '61001';

describe('the directory of a command', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const folder = mkdtempSync(join(tmpdir(), 'burrow-kernel-directory-'));
  const [shut, lost] = [join(folder, 'shut'), join(folder, 'lost')];
  /** One in an ordinary directory, and one in a directory that was removed since. */
  let here = 0;
  let nowhere = 0;
  before(async () => {
    machine = await Machine.start();
    chmodSync(folder, 0o755);
    mkdirSync(shut, { mode: 0o700 });
    mkdirSync(lost);
    here = await sleepers.start('unshare', '--uts', 'sh', '-c', 'cd /usr/share && exec sleep infinity');
    nowhere = await sleepers.start('unshare', '--uts', 'sh', '-c', `cd ${lost} && exec sleep infinity`);
    rmdirSync(lost);
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await sleepers.stop();
    await machine.stop();
    rmSync(folder, { recursive: true });
  });

  const told = (notices: readonly string[]): string[] => notices.filter(each => each.endsWith('; this is /'));
  const run = async (entry: Entry): Promise<[string, string[]]> => {
    const { stdout, notices } = await machine.call('process/run', { command: ['pwd', '-P'], ...entry });
    return [stdout.trim(), told(notices)];
  };
  const place = async (target: Entry['target']) => (await machine.call('terminal/choices', { target })).directory;

  it('is that of the process, and nothing is said', async () => {
    assert.deepEqual(await run({ target: { pid: here } }), ['/usr/share', []]);
    assert.equal(await place({ pid: here }), '/usr/share');
  });

  it('is / where that of the process was removed', async () => {
    assert.deepEqual(await run({ target: { pid: nowhere } }), ['/', ['the directory of sleep is out of reach; this is /']]);
    assert.equal(await place({ pid: nowhere }), '/', 'and nothing else is offered');
  });

  it('is / beside the processes of others, where homes of this machine are not to be seen', async () => {
    const pid = await sleepers.start('unshare', '--pid', '--fork', 'sleep', 'infinity');
    const target = { pid, types: ['pid' as const] };
    assert.deepEqual(await run({ target }), ['/', []]);
    assert.equal(await place(target), '/');
  });

  it('is / where its user may not enter the one that was asked for', async () => {
    const expected = ['/', [`this user may not enter ${shut}; this is /`]];
    assert.deepEqual(await run({ target: { pid: here }, user: STRANGER, directory: shut }), expected);
    assert.deepEqual(await run({ target: { pid: here }, user: STRANGER, directory: shut, tools: '/' }), expected);
    assert.deepEqual(await run({ target: { pid: here, types: ['uts'] }, user: STRANGER, directory: shut }), expected);
    assert.deepEqual(await run({ target: { pid: here }, directory: shut }), [shut, []], 'root may');
  });

  it('is / where there is none like it, or something else', async () => {
    assert.deepEqual(await run({ target: { pid: here }, directory: '/no/such' }), ['/', ['there is no directory /no/such; this is /']]);
    assert.deepEqual(await run({ target: { pid: here }, directory: '/etc/passwd' }), [
      '/',
      ['there is no directory /etc/passwd; this is /'],
    ]);
  });

  it('is / where the home of another user is not there', async () => {
    const user = 'nobody'; // whose home is /nonexistent
    assert.deepEqual(await run({ target: { pid: here }, user }), ['/', ['there is no directory /nonexistent; this is /']]);
  });

  it('is said by a terminal and by the command line too', async () => {
    const terminal = await Terminal.open(machine, { target: { pid: nowhere }, command: ['sh', '-c', 'pwd -P; sleep infinity'] });
    await terminal.see(/^\/\r\n/);
    assert.deepEqual(told(terminal.notices), ['the directory of sleep is out of reach; this is /']);
    await terminal.close();
    const { stdout, stderr } = machine.type(['exec', '-u', STRANGER, '-w', shut, `pid:${here}`, '--', 'pwd', '-P']);
    assert.equal(stdout, '/\n');
    assert.match(stderr, new RegExp(`^burrow: this user may not enter ${shut}; this is /$`, 'm'));
  });

  describe('of a sandbox', () => {
    const definition = (directory: string) => ({ name: 'web', root: 'readonly', network: 'none', directory }) as const;

    it('is what keeps its command from being executed', async () => {
      for (const [directory, errno, hint] of [
        ['/no/such', 'ENOENT', 'The command\'s "directory" must exist inside: make it there, or mount something at it.'],
        ['/etc/passwd', 'ENOTDIR', 'The command\'s "directory" is none inside.'],
      ] as const) {
        const failure = await machine.failure('sandbox/run', { definition: { ...definition(directory), command: ['pwd'] } });
        assert.deepEqual([failure.syscall, failure.errno, failure.hint], ['chdir', errno, hint]);
      }
      const shutOut = { ...definition('/root'), command: ['pwd'], user: '5:5', users: { uid: ids, gid: ids } };
      const failure = await machine.failure('sandbox/run', { definition: shutOut });
      assert.deepEqual([failure.syscall, failure.errno], ['chdir', 'EACCES']);
      assert.match(failure.hint ?? '', /may not enter its "directory"/);
    });

    it('is / for a terminal that is opened in it', async () => {
      const { id } = await machine.call('sandbox/create', { definition: definition('/no/such') });
      assert.deepEqual(await run({ target: { sandbox: id } }), ['/', ['there is no directory /no/such; this is /']]);
      await machine.call('sandbox/remove', { sandbox: id });
    });
  });
});

const ids = [{ inside: 0, outside: 0, count: 10 }];
