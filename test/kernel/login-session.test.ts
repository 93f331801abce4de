// What a helper and its sandboxes have to do with the login session that the helper is started in.
import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { hostHierarchies } from '../../helper/cgroup/hierarchies.ts';
import { Helper } from '../../helper/client/connect.ts';
import type { DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import { protocolVersion } from '../../helper/protocol/methods.ts';
import { eventually } from '../support/eventually.ts';
import { isAlive } from '../support/processes.ts';
import { inRepository } from '../support/repository.ts';
import { reachAs } from './support/asking.ts';
import { root, whoMakes } from './support/callers.ts';
import { LoginSession, sessionGroupsOf } from './support/login-session.ts';

const executable = inRepository('dist/burrow.cjs');
const folder = `/run/burrow-kernel-${process.pid}-login`;
const socket = `${folder}/helper.sock`;
/** Where sudo looks for programs, on Debian without /usr/local. */
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

const run = ([command = '', ...words]: readonly string[], env = process.env): SpawnSyncReturns<string> =>
  spawnSync(command, words, { encoding: 'utf8', env, timeout: 60_000 });
const burrow = (...words: string[]): string[] => [process.execPath, executable, ...words, '--socket', socket];

describe('a login session', () => {
  let session: LoginSession;
  let foreground: ChildProcess | undefined;
  beforeEach(() => {
    mkdirSync(folder, { mode: 0o755 });
    session = new LoginSession();
  });
  afterEach(async () => {
    await stop();
    foreground?.kill('SIGKILL');
    await session.end();
    rmSync(folder, { recursive: true });
  });

  async function serveInForeground(...options: string[]): Promise<number> {
    const [command, ...words] = session.words(...burrow('serve', ...options));
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    foreground = child;
    await eventually('the helper', () => existsSync(socket));
    return await pidOf();
  }

  async function pidOf(): Promise<number> {
    using helper = await Helper.reach(socket);
    return (await helper.request('helper/hello', { protocol: protocolVersion })).pid;
  }

  /** Nothing of the helper's stays. */
  async function stop(): Promise<void> {
    if (!existsSync(socket)) return;
    const pid = await pidOf();
    using helper = await Helper.reach(socket);
    for (const { id } of (await helper.request('sandbox/list', {})).sandboxes) await helper.request('sandbox/remove', { sandbox: id });
    await helper.request('helper/stop', {});
    await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
  }

  it('ends without a helper that was started with --detach, and what that started', async () => {
    const started = run(session.words(...burrow('serve', '--detach')));
    assert.deepEqual([started.stdout, started.stderr, started.status], [`burrow: serving on ${socket}\n`, '', 0]);
    const pid = await pidOf();
    const groups = sessionGroupsOf(pid);
    using helper = await Helper.reach(socket);
    const size = { columns: 80, rows: 24 };
    const target = { pid, types: ['net' as const] };
    await helper.request('terminal/open', { target, command: ['sleep', '600'], size, keep: { window: 'window', tag: 'kept' } });
    assert.deepEqual(session.members(), []);
    session.leave();
    assert.equal((await helper.request('terminal/list', {})).terminals.length, 1);
    await stop();
    // Of its own unit, where it had one, nothing stays.
    await eventually('the end of its groups', () => !groups.some(group => existsSync(group)));
  });

  it('hears what is wrong with a helper that is started in it', async () => {
    assert.equal(run(session.words(...burrow('serve', '--detach'))).status, 0);
    const { status, stdout, stderr } = run(session.words(...burrow('serve', '--detach')));
    assert.deepEqual([stdout, stderr, status], ['', `burrow: A helper answers on ${socket} already. Stop that one first.\n`, 1]);
  });

  it('has a helper also where there is no program but node', () => {
    const { status, stderr } = run(session.words(...burrow('serve', '--detach')), { PATH: '/bin:/usr/bin', LANG: 'C' });
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('is told how to start a helper in words that work as they stand', async () => {
    const { stderr } = run(burrow('call', 'sandbox/list'));
    const { hint }: { hint: string } = JSON.parse(stderr);
    const line = /^Start it with: sudo (.*)$/.exec(hint)?.[1];
    assert.ok(line !== undefined, hint);
    const started = run(['sh', '-c', line], { PATH });
    assert.deepEqual([started.stderr, started.status], ['', 0]);
    assert.equal(run(burrow('call', 'sandbox/list')).status, 0);
  });

  const definitions: Readonly<Record<string, Partial<DefinitionInput>>> = {
    'an init': {},
    'a command as pid 1': { init: false, command: ['/bin/sleep', '600'] },
    'no pid namespace': { namespaces: { pid: false } },
  };
  for (const { who, uid } of whoMakes)
    for (const [what, definition] of Object.entries(definitions)) {
      it(`takes no sandbox along when it ends with its helper: with ${what}, for ${who}`, async () => {
        const pid = await serveInForeground('--user', `${uid}`);
        assert.ok(session.members().includes(pid));
        const sandbox = await createAs(uid, { name: 'web', network: 'none', ...definition });
        await session.end();
        await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
        assert.ok(isAlive(sandbox.pid));
        assert.equal(run(burrow('serve', '--detach', '--user', `${uid}`)).status, 0);
        assert.equal(await inside('web', 'echo', 'entered'), 'entered\n');
        await stop();
        assert.ok(!isAlive(sandbox.pid));
        for (const { mount } of hostHierarchies()) assert.ok(!existsSync(join(mount, 'burrow', sandbox.id)));
      });
    }

  async function inside(sandbox: string, ...command: string[]): Promise<string> {
    using helper = await Helper.reach(socket);
    return (await helper.request('process/run', { target: { sandbox }, command })).stdout;
  }

  async function createAs(uid: number, definition: DefinitionInput): Promise<{ id: string; pid: number }> {
    using helper = await (uid === root.uid ? Helper.reach(socket) : reachAs(uid, socket));
    const { id, pid } = await helper.request('sandbox/create', { definition });
    if (pid === undefined) throw new Error(`${definition.name} has no process`);
    return { id, pid };
  }
});
