// What a command is in one of Burrow's own sandboxes: what the sandbox's command is.
import { after, afterEach, before, describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { ordinary, whoMakes } from '../support/callers.ts';
import { Machine } from '../support/machine.ts';
import { hasToolsOfTheHost, isAsTheTarget } from './support/comparing.ts';

/** Without an init the process of the sandbox is its command. */
const base: Omit<DefinitionInput, 'name'> = { network: 'none', init: false, command: ['/bin/sleep', '1000000'] };

const definitions: readonly DefinitionInput[] = [
  { ...base, name: 'plain' },
  { ...base, name: 'limited', limits: { memory: '64M', processes: 50 }, environment: { FX: 'a value' }, directory: '/var/tmp' },
  { ...base, name: 'powerless', security: { capabilities: ['CAP_CHOWN'], noNewPrivileges: true }, environment: { HOME: '/elsewhere' } },
  { ...base, name: 'unfiltered', security: { seccomp: 'none' } },
];

for (const maker of whoMakes)
  describe(`a command in a sandbox of ${maker.who}`, () => {
    let machine: Machine;
    before(async () => {
      machine = await Machine.start({ user: ordinary.uid });
    });
    afterEach(() => machine.requireClean());
    after(() => machine.stop());

    for (const definition of definitions)
      it(`is as the one that it was made for: ${definition.name}`, async () => {
        const { name, pid } = await maker.create(machine, definition);
        await isAsTheTarget(machine, { sandbox: name }, pid);
      });

    it('has the host’s tools where they are asked for', async () => {
      const { pid } = await maker.create(machine, { ...base, name: 'tools' });
      await hasToolsOfTheHost(machine, pid);
    });
  });
