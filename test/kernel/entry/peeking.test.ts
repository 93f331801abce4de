// Who is inside looks at what enters, while that is not yet the command: CVE-2016-9962, CVE-2019-5736.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { failureOf } from '../support/asking.ts';
import { type Keeper, mountFlags } from '../support/makers/keeper.ts';
import { traced } from '../support/traced.ts';
import { statusOf } from './support/facts.ts';
import { childOf } from './support/inside.ts';

const UID = 61_001;
/** What leads to the helper's files and memory, or would be written to. */
const ways = ['root', 'cwd', 'exe', 'mem', 'environ', 'maps', 'ns/mnt', 'fd/3', 'fd/4', 'fd/5', 'fd/6', 'fd/7'];

describe('who is inside gets hold of nothing of what enters', () => {
  const scene = traced();
  const { keepers, tracer } = scene;

  /** The first process of a pid namespace, with a /proc of that. */
  async function spy(asRoot: boolean): Promise<Keeper> {
    const outer = await (await keepers.start()).child();
    if (asRoot) await outer.becomeRootOfItsOwn();
    await outer.do('unshare', 'uts', 'mnt', 'pid');
    await outer.do('mount', '', '/', '', mountFlags.recursive | mountFlags.private);
    const inner = await outer.child();
    await inner.do('mount', 'proc', '/proc', 'proc', 0);
    if (!asRoot) await inner.do('become', UID);
    return inner;
  }

  /** Its errno; undefined when it could be opened. */
  async function refusal(inside: Keeper, path: string): Promise<string | undefined> {
    try {
      await inside.do('close', await inside.do('open', path));
      return undefined;
    } catch (error) {
      const number = Number(/errno (\d+)$/.exec(String(error))?.[1]);
      return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? String(error);
    }
  }

  const cases: readonly (readonly [string, boolean, object])[] = [
    ['root of a user namespace', true, {}],
    ['a user who is the one that the command becomes', false, {}],
    ['root of a user namespace, at tools of the host', true, { tools: '/' }],
  ];
  for (const [who, asRoot, how] of cases)
    it(`as ${who}`, async () => {
      const inside = await spy(asRoot);
      const command = ['sleep', '1000000'];
      const enter = () => failureOf(scene.machine.call('process/run', { target: { pid: inside.pid }, command, ...how }));
      let seen = 0;
      const opened: string[] = [];
      for (let call = 0, isOver = false; !isOver; call++) {
        await tracer.holdStage(0, call);
        let ended = false;
        const asked = enter().finally(() => {
          ended = true;
        });
        // It stands at that call, or there is none of that order and it runs.
        const running = (): number | undefined => childOf(scene.machine.pid, command);
        const pid = await Promise.race([tracer.hit(), eventually('the command', running)]);
        isOver = !tracer.wasHit;
        const own = statusOf(pid, 'NSpid').split('\t');
        if (own.length > 1) {
          for (const way of ways) {
            const errno = await refusal(inside, `/proc/${own.at(-1)}/${way}`);
            if (!isOver && errno === undefined) opened.push(`${way} at call ${call}`);
            // A command has the rights of who is inside, who can see it then: so it was the right one before.
            if (isOver && way === 'environ') assert.equal(errno, undefined);
          }
          if (!isOver) seen++;
        }
        await tracer.forget();
        await tracer.release();
        const last = await eventually('the command', () => ended || running());
        if (typeof last === 'number') process.kill(last, 'SIGKILL');
        assert.equal(await asked, undefined);
      }
      assert.deepEqual(opened, []);
      assert.ok(seen > 10, `${seen} calls`);
    });
});
