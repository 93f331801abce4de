import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
import { eventually } from '../support/eventually.ts';
import { Fixture, type FixtureName, Missing, mustRun } from '../support/fixture.ts';
import { Machine } from './support/machine.ts';
import { inodesOf, inside } from './support/namespaces.ts';
import { Terminal } from './support/terminal.ts';

const FX_ROOT = `/tmp/burrow-kernel-${process.pid}`;

const engines = ['runc', 'docker'] as const satisfies readonly FixtureName[];
const list = new Intl.ListFormat('en-GB');

describe('containers', () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start();
  });
  after(async () => {
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  for (const engine of engines)
    describe(engine, () => {
      const label = `kernel-${engine}-${process.pid}`;
      const fixture = new Fixture(engine, { FX_ROOT, FX_NAME: label });
      let pid = 0;
      let missing: string | undefined;
      before(async () => {
        try {
          pid = fixture.start();
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

      it('is listed by its name, with its init', async context => {
        if (missing !== undefined) return context.skip(missing);
        const found = await eventually('the container', async () => {
          const { containers } = await machine.call('namespaces/snapshot', {});
          return containers.find(each => each.name === label);
        });
        assert.equal(found.pid, pid);
        assert.equal(found.engine, engine);
        if (engine === 'docker') assert.equal(found.labels['fx.name'], label);
      });

      it('gives a terminal as its root in its own namespaces', async context => {
        if (missing !== undefined) return context.skip(missing);
        const terminal = await Terminal.open(machine, { target: { container: label } });
        const [theirs, ours] = [inodesOf(pid), inodesOf(machine.pid)];
        // Docker gives a control group namespace of its own on v2, and none on v1.
        const own = namespaceTypes.filter(type => theirs[type] !== ours[type]);
        for (const type of ['net', 'mnt', 'pid', 'uts', 'ipc'] as const) assert.ok(own.includes(type), type);
        assert.deepEqual(terminal.joined.toSorted(), own.toSorted());
        for (const type of namespaceTypes) assert.equal(await terminal.ask(`readlink /proc/self/ns/${type}`), `${type}:[${theirs[type]}]`);
        assert.equal(await terminal.ask('id -u'), '0');
        assert.equal(await terminal.ask('hostname'), inside(pid, 'hostname').trim());
        const hosts = namespaceTypes.filter(type => !own.includes(type));
        assert.match(terminal.notices.join('\n'), new RegExp(`${own.join(' ')} of ${label}; ${list.format(hosts)} are the host's`));
        terminal.type('exit 3\n');
        assert.deepEqual(await terminal.ended, { exitCode: 3 });
      });

      it('says that it has no such command', async context => {
        if (missing !== undefined) return context.skip(missing);
        const failure = await machine.failure('process/run', { target: { container: label }, command: ['no-such'] });
        assert.equal(failure.kind, 'no-command');
        assert.equal(failure.message, `${label} has no command "no-such".`);
        assert.deepEqual([failure.syscall, failure.errno], ['execve', 'ENOENT']);
      });

      it('is gone once it has ended', async context => {
        if (missing !== undefined) return context.skip(missing);
        fixture.stop();
        const failure = await machine.failure('process/run', { target: { container: label }, command: ['true'] });
        assert.match(failure.message, new RegExp(`^There is no container called ${label}\\.$|^${label} ended a moment ago\\.$`));
        assert.ok(failure.kind === 'unknown' || failure.kind === 'gone', failure.kind);
      });
    });
});
