// Ten thousand processes a second that start and end at once.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { setScene } from '../support/discovery.ts';
import { compiled } from '../support/makers/compile.ts';
import { Terminal } from '../support/terminal.ts';
import { View } from '../support/view.ts';

const RATE = 10_000;
const SECONDS = 4;

describe('a fork storm', () => {
  let view: View;
  let terminal: Terminal;
  // Before the scene ends: such hooks run in the order in which they are set.
  after(async () => {
    await terminal.close();
    view[Symbol.dispose]();
  });
  const scene = setScene();
  before(async () => {
    view = await View.open(scene.machine.socket);
    terminal = await Terminal.open(scene.machine, { target: { pid: scene.machine.pid }, command: ['sh'] });
    await terminal.ask('echo ready');
    await scene.machine.settle();
  });

  const residentBytes = (): number =>
    1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${scene.machine.pid}/status`, 'utf8'))?.[1]);

  /** Processes of which /proc shows more than an end that nobody has noticed yet. */
  const running = (): number[] =>
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => {
        try {
          return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
        } catch {
          return false;
        }
      });

  /** What was there before and after a look is in it, and what was not there before nor after is not. */
  async function requireTruth(): Promise<void> {
    let wrong: unknown;
    const isTrue = async (): Promise<boolean> => {
      const before = new Set(running());
      const asked = new Set((await scene.snapshot()).processes.map(each => each.pid));
      const shown = new Set(view.latest.processes.map(each => each.pid));
      const now = new Set(running());
      const stayed = [...before].filter(pid => now.has(pid));
      wrong = {
        missing: stayed.filter(pid => !asked.has(pid)),
        notShown: stayed.filter(pid => !shown.has(pid)),
        ghosts: [...shown].filter(pid => asked.has(pid) && !before.has(pid) && !now.has(pid)),
      };
      return Object.values(wrong as Record<string, number[]>).every(list => list.length === 0);
    };
    await eventually('the truth', isTrue, 30).catch(() => assert.deepEqual(wrong, { missing: [], notShown: [], ghosts: [] }));
  }

  async function storm(): Promise<void> {
    const raging = promisify(execFile)(compiled('storm'), [`${RATE}`, `${SECONDS}`]);
    let isOver = false;
    const end = raging.finally(() => {
      isOver = true;
    });
    let answers = 0;
    while (!isOver) {
      const question = `${++answers} * 7`;
      assert.equal(await terminal.ask(`echo $((${question}))`), `${answers * 7}`);
    }
    const { stdout } = await end;
    assert.ok(Number(stdout) > (RATE * SECONDS) / 2, `only ${stdout} processes`);
    assert.ok(answers > SECONDS, `only ${answers} answers`);
  }

  it('does not keep a terminal from answering, and the truth is known when it is over', async () => {
    await storm();
    await requireTruth();
    const { events, resynchronised, scans, refreshes } = await scene.machine.call('namespaces/statistics', {});
    assert.ok(events > 0 || scans + refreshes > 1, JSON.stringify({ events, scans, refreshes }));
    assert.equal(view.resynchronised, resynchronised);
  });

  it('does not make the helper larger each time', async () => {
    await storm();
    await requireTruth();
    const before = residentBytes();
    for (let again = 0; again < 2; again++) await storm();
    await requireTruth();
    const grownBytes = residentBytes() - before;
    assert.ok(grownBytes < 64 << 20, `${before} bytes, and ${grownBytes} more`);
  });
});
