// A process that was forked in there and executed outside has the environment of whoever called the engine.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readlinkSync, rmSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { numberOf } from '../support/staged.ts';
import { environmentOf, parentOf } from './support/facts.ts';
import { type Entering, ways, whileThere } from './support/inside.ts';

const CLONE_NEWNS = 0x20000;
/** Perl in a mount namespace that it has made for itself, as an engine's own process is. */
const stub = (then: string): string[] => [
  ...['env', '-i', 'TOKEN=of the host', 'PATH=/usr/bin:/bin', 'perl', '-e'],
  `syscall(${numberOf('unshare')}, ${CLONE_NEWNS}) == 0 or die $!; ${then}`,
];
const asleep = `my $name = "sleep"; syscall(${numberOf('prctl')}, 15, $name); sleep 1000000`;

describe('the environment of a command in a target is', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  const isGiven = async (entry: Entering, expected: Readonly<Record<string, string | undefined>>, notice?: RegExp): Promise<void> => {
    for (const way of ways)
      await whileThere(machine, way, entry, (command, notices) => {
        const own = environmentOf(command);
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map(name => [name, own.get(name)])), expected);
        const said = notices.filter(each => /was not started in there/.test(each)).join('\n');
        if (way === 'terminal') assert.match(said, notice ?? /^$/);
      });
  };

  it('that of the program which an engine started in there, where its own process was not', async () => {
    const script = 'if (!fork) { %ENV = (MINE => "yes"); exec "/usr/bin/sleep", "1000000" } wait';
    const inside = await sleepers.start(...(stub(script) as [string, ...string[]]));
    const engine = parentOf(inside);
    assert.equal(environmentOf(engine).get('TOKEN'), 'of the host');
    const given = { TOKEN: undefined, MINE: 'yes' };
    await isGiven({ target: { pid: engine } }, given, /^perl was not started in there: .* of the program that it started there$/);
    await isGiven({ target: { pid: inside } }, given);
  });

  it('nobody’s, where it started none', async () => {
    const pid = await sleepers.start(...(stub(asleep) as [string, ...string[]]));
    await isGiven({ target: { pid } }, { TOKEN: undefined }, /this shell has none of its environment$/);
  });

  it('that of its process, though the file of its program is gone', async () => {
    const folder = `/tmp/burrow-kernel-origin-${process.pid}`;
    mkdirSync(folder);
    copyFileSync('/usr/bin/sleep', `${folder}/sleep`);
    const start = ['unshare', '--mount', '--pid', '--fork', '--kill-child', 'env', '-i', 'MINE=yes'] as const;
    const pid = await sleepers.start(...start, `${folder}/sleep`, '1000000');
    rmSync(folder, { recursive: true });
    assert.match(readlinkSync(`/proc/${pid}/exe`), / \(deleted\)$/);
    await isGiven({ target: { pid } }, { MINE: 'yes' });
  });
});
