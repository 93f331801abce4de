// What changes while it is looked at: a place or a source that somebody exchanges for a link during mounts.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ordinary } from '../support/callers.ts';
import { setClient } from '../support/client.ts';
import { compiled } from '../support/makers/compile.ts';

const MADE = 40;
/** Mounts in each. */
const MOUNTS = 13;

describe('races', () => {
  const client = setClient(ordinary);
  const folder = `${client.folder}/race`;
  const tree = `${folder}/tree`;
  const target = `${folder}/target`;
  let swapper: ChildProcess | undefined;
  beforeEach(() => {
    for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'mnt', 'place']) mkdirSync(`${tree}/${name}`, { recursive: true });
    mkdirSync(target, { mode: 0o777 });
    for (const path of [tree, target, `${tree}/place`]) chownSync(path, ordinary.uid, ordinary.uid);
  });
  afterEach(async () => {
    if (swapper) {
      swapper.kill('SIGKILL');
      await once(swapper, 'exit');
      swapper = undefined;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function swap(one: string, other: string): Promise<void> {
    swapper = spawn(compiled('swapper'), [one, other], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (swapper.stdout) await once(swapper.stdout, 'data');
  }

  /** Some of them succeed and some do not; what each says it says with a call and an errno. */
  async function makeMany(definition: object): Promise<{ made: number; refused: string[] }> {
    const refused: string[] = [];
    let made = 0;
    for (let round = 0; round < MADE; round++) {
      try {
        const { id } = await client.create({ name: 'web', ...definition } as never);
        made++;
        await client.call('sandbox/remove', { sandbox: id });
      } catch (error) {
        refused.push(String(error));
      }
    }
    return { made, refused };
  }

  const mountsOutside = (): string[] =>
    client.machine
      .run('cat', '/proc/self/mountinfo')
      .split('\n')
      .filter(line => line.includes(folder));

  it(`a place that is exchanged for a link to the host during ${MADE * MOUNTS} mounts leads nowhere outside`, async () => {
    symlinkSync(`/proc/1/root${target}`, `${tree}/link`);
    await swap(`${tree}/place`, `${tree}/link`);
    const mounts = Array.from({ length: MOUNTS }, () => ({ type: 'tmpfs', path: '/place', mode: '777' }));
    const { made, refused } = await makeMany({ root: { directory: tree, readonly: false }, mounts });
    assert.equal(made + refused.length, MADE);
    for (const each of refused) assert.match(each, /\((?:openat2|mount|fchdir): (?:ELOOP|ENOENT|ENOTDIR|EAGAIN)\)/);
    assert.deepEqual(mountsOutside(), []);
    assert.deepEqual(readdirSync(target), []);
  });

  it(`a /proc that is exchanged for a link during ${MADE} starts is refused or is a /proc`, async () => {
    symlinkSync('../target', `${tree}/bad`);
    await swap(`${tree}/proc`, `${tree}/bad`);
    const { made, refused } = await makeMany({ root: { directory: tree }, mounts: [] });
    assert.equal(made + refused.length, MADE);
    for (const each of refused) assert.match(each, /\(openat2: (?:ELOOP|EAGAIN)\)/);
    assert.deepEqual(readdirSync(target), []);
    assert.deepEqual(mountsOutside(), []);
  });

  it(`a source that is exchanged for a link to what is shut during ${MADE} starts shows only what the caller may see`, async () => {
    const shut = `${folder}/shut`;
    mkdirSync(`${shut}/below`, { recursive: true, mode: 0o700 });
    writeFileSync(`${shut}/below/file`, 'secret\n');
    mkdirSync(`${folder}/source`);
    symlinkSync(`${shut}/below`, `${folder}/link`);
    await swap(`${folder}/source`, `${folder}/link`);
    for (let round = 0; round < MADE; round++) {
      const run = client.run({
        name: 'web',
        mounts: [{ type: 'bind', source: `${folder}/source`, path: '/mnt' }],
        command: ['ls', '-A', '/mnt'],
      });
      const said = await run.then(({ stdout }) => stdout).catch((error: unknown) => String(error));
      assert.match(said, /^$|\(openat2: (?:EACCES|EAGAIN)\)|: (?:EACCES|EAGAIN)/);
    }
  });

  it('a working directory through /proc/self/fd is none', async () => {
    assert.ok(existsSync(target));
    const numbers = [...Array.from({ length: 28 }, (_, index) => index + 3), ...Array.from({ length: 11 }, (_, index) => index + 200)];
    for (const init of [true, false])
      for (const fd of numbers) {
        const definition = { name: 'web', init, root: 'readonly' as const, directory: `/proc/self/fd/${fd}`, command: ['pwd'] };
        const { syscall, errno = '' } = await client.failure('sandbox/run', { definition });
        // What is open there is no directory, or nothing is.
        assert.deepEqual([syscall, ['ENOTDIR', 'ENOENT'].includes(errno)], ['chdir', true], `${fd}: ${errno}`);
      }
  });
});
