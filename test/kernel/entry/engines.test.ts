// What a command is in a container's place, for the containers of every engine. Each engine is started once.
import assert from 'node:assert/strict';
import { rmSync, statSync } from 'node:fs';
import { after, afterEach, before, describe, it, type TestContext } from 'node:test';
import { Fixture, Missing, mustRun } from '../../support/fixture.ts';
import { Machine } from '../support/machine.ts';
import { becomesItsUser, hasTheHostsPrograms, hasToolsOfTheHost, isAsTheTarget } from './support/comparing.ts';
import { engineKinds } from './support/engine-kinds.ts';
import { freezerOf } from './support/freezer.ts';

const FX_ROOT = `/tmp/burrow-kernel-entry-engines-${process.pid}`;

describe('a command in a container of', () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start();
  });
  after(async () => {
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  for (const [number, { what, fixture: name, environment, containers = [''], isOfOneUser }] of engineKinds.entries())
    describe(what, () => {
      const fixture = new Fixture(name, { FX_ROOT, FX_NAME: `kernel-entry-${number}-${process.pid}`, ...environment });
      let missing: string | undefined;
      before(async () => {
        try {
          fixture.start();
          await machine.settle();
        } catch (error) {
          if (mustRun || !(error instanceof Missing)) throw error;
          missing = error.message;
        }
      });
      afterEach(() => machine.requireClean());
      after(() => {
        if (missing === undefined) fixture.stop();
      });

      for (const which of containers) {
        const test = (title: string, work: (pid: number) => Promise<void>): void =>
          void it(which === '' ? title : `${title}, one that is ${which}`, (context: TestContext) => {
            if (missing !== undefined) return context.skip(missing);
            return work(fixture.pid(...(which === '' ? [] : [which])));
          });

        test('is as its process, with pipes and in a terminal', pid => isAsTheTarget(machine, { pid }, pid));
        test('has the programs of the host where its mounts are not asked for', pid => hasTheHostsPrograms(machine, pid));
        test('has the host’s tools where they are asked for', pid => hasToolsOfTheHost(machine, pid));
        if (!isOfOneUser && name !== 'netns')
          test('is one of its users where one is asked for', pid => becomesItsUser(machine, { pid }, pid));
      }

      if (name === 'netns')
        it('is found by the name that ip netns gave, with a process in it and without', async context => {
          if (missing !== undefined) return context.skip(missing);
          for (const called of ['fx-netns', 'fx-netns-empty']) {
            const { status, stdout, stderr } = machine.type([
              'exec',
              `netns:${called}`,
              '--',
              'sh',
              '-c',
              'readlink /proc/self/ns/net; ls -1 /sys/class/net',
            ]);
            assert.equal(status, 0, stderr);
            const links = called === 'fx-netns' ? 'eth0\nlo\n' : 'lo\n';
            assert.equal(stdout, `net:[${statSync(`/run/netns/${called}`).ino}]\n${links}`);
          }
        });

      it('is refused while it is frozen', async context => {
        if (missing !== undefined) return context.skip(missing);
        const pid = fixture.pid();
        const freezer = freezerOf(pid);
        if (!freezer) return; // it shares the group of whoever started it
        const run = { target: { pid }, command: ['true'] };
        await freezer.freeze();
        try {
          const failures = [
            await machine.failure('process/run', run),
            await machine.failure('terminal/open', { target: { pid }, size: { columns: 80, rows: 24 } }),
            await machine.failure('process/open', run),
          ];
          for (const { kind, message, hint } of failures) {
            assert.equal(kind, 'denied', message);
            assert.match(message, new RegExp(`^pid ${pid} is paused\\b`));
            assert.ok(hint);
          }
        } finally {
          freezer.thaw();
        }
        assert.equal((await machine.call('process/run', run)).exitCode, 0);
      });
    });
});
