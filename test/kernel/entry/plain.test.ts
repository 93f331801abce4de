// What a command is in a process's place, for processes that no engine started.
import { mkdirSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { hasTheHostsPrograms, hasToolsOfTheHost, isAsTheTarget } from './support/comparing.ts';
import { allOf, makeGroups, type PlainKind, plainKinds, removeGroups, rootDirectory, startPlain } from './support/plain-kinds.ts';

const FX_ROOT = `/tmp/burrow-kernel-plain-${process.pid}`;

describe('a command beside', () => {
  let machine: Machine;
  before(async () => {
    mkdirSync(FX_ROOT);
    rootDirectory(FX_ROOT);
    machine = await Machine.start();
  });
  after(async () => {
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  const all = allOf(`${FX_ROOT}/rootfs`);
  const kinds: readonly PlainKind[] = [...plainKinds, all];
  for (const kind of kinds)
    describe(kind.what, () => {
      const sleepers = new Sleepers();
      let groups: readonly string[] = [];
      let pid = 0;
      before(async () => {
        groups = makeGroups(`burrow-kernel-plain-${process.pid}`);
        pid = await startPlain(sleepers, kind, groups);
      });
      afterEach(() => machine.requireClean());
      after(async () => {
        await sleepers.stop();
        await removeGroups(groups);
      });

      it('is as that process, with pipes and in a terminal', () => isAsTheTarget(machine, { pid }, pid));
      it('has the programs of the host where its mounts are not asked for', () => hasTheHostsPrograms(machine, pid));
      it('has the host’s tools where they are asked for', () => hasToolsOfTheHost(machine, pid));
      if (kind === all) it('has those of another root directory', () => hasToolsOfTheHost(machine, pid, `${FX_ROOT}/rootfs`));
    });
});
