// The terminal of a command in a target is one of the target's, and nobody else's.
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { Terminal } from '../support/terminal.ts';
import { sessionOf, statField } from './support/facts.ts';
import { type Entering, whileThere } from './support/inside.ts';

const devpts = 'mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts && exec sleep 1000000';

describe('a terminal in a target', () => {
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

  const withTerminals = (...how: readonly string[]): Promise<number> => sleepers.start('unshare', '--mount', ...how, 'sh', '-ec', devpts);
  const inTerminal = (entry: Entering, look: (pid: number) => void): Promise<void> => whileThere(machine, 'terminal', entry, look);

  it('is of the target’s own devices, and is called as they are', async () => {
    const pid = await withTerminals('--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc');
    const terminal = await Terminal.open(machine, { target: { pid } });
    assert.equal(await terminal.ask('tty'), '/dev/pts/0');
    assert.equal(await terminal.ask('echo yes >/dev/pts/0'), 'yes');
    assert.equal(await terminal.ask('echo yes >/dev/tty'), 'yes');
    assert.equal(await terminal.ask('stat -c %u /dev/pts/0'), '0');
    assert.deepEqual(readdirSync(`/proc/${pid}/root/dev/pts`).sort(), ['0', 'ptmx']);
    await terminal.close();
  });

  it('is the one that controls the session, and belongs to whom the command is of', async () => {
    const pid = await withTerminals();
    for (const [user, uid] of [
      ['root', 0],
      ['61001:61002', 61_001],
    ] as const)
      await inTerminal({ target: { pid }, user }, command => {
        const { dev, rdev, uid: owner } = statSync(`/proc/${command}/fd/0`);
        assert.equal(dev, statSync(`/proc/${pid}/root/dev/pts`).dev);
        assert.equal(owner, uid);
        assert.equal(sessionOf(command), command);
        // tty_nr and tpgid
        assert.deepEqual([statField(command, 7), statField(command, 8)], [rdev, command]);
        for (const fd of [1, 2]) assert.equal(statSync(`/proc/${command}/fd/${fd}`).rdev, rdev);
      });
  });

  it('is this machine’s where the target has no such device, or a file that is called like it', async () => {
    const hidden = [
      'mount -t tmpfs tmpfs /dev/pts',
      'mount -t tmpfs tmpfs /dev/pts && touch /dev/pts/ptmx',
      'mount --bind /dev/null /dev/pts/ptmx',
    ];
    for (const trick of hidden) {
      const pid = await sleepers.start('unshare', '--mount', 'sh', '-ec', `${trick} && exec sleep 1000000`);
      await inTerminal({ target: { pid } }, command => {
        assert.equal(statSync(`/proc/${command}/fd/0`).dev, statSync(`/proc/${machine.pid}/root/dev/pts`).dev, trick);
        assert.equal(sessionOf(command), command);
      });
    }
  });

  // CVE-2017-5226, from where nothing keeps root from it.
  it('takes the keys that a program pushes into it, and lets none of them out', async () => {
    const pid = await withTerminals();
    const outer = await Terminal.open(machine, { target: { pid: machine.pid }, command: ['bash', '--norc', '--noediting'] });
    const push = [
      'open(my $own, "+<", "/dev/tty") or die;',
      'for my $keys (split //, "echo pushed-by\\n") { for my $to (*STDIN, *STDOUT, *STDERR, $own) { my $key = $keys; ioctl($to, 0x5412, $key) and $count++ } }',
      'print "took $count\\n"',
    ].join(' ');
    const words = [process.execPath, machine.burrow, 'exec', '--socket', machine.socket, `pid:${pid}`, '--', 'perl', '-e', push];
    const said = await outer.ask(words.map(word => `'${word}'`).join(' '));
    assert.match(said, /^took 60$/m);
    assert.equal(await outer.ask('echo still here'), 'still here');
    assert.doesNotMatch(outer.output.slice(outer.output.indexOf('took 60')), /pushed-by/);
    await outer.close();
  });
});
