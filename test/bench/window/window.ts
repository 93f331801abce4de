// In the editor: how it starts with Burrow, and a terminal that is flooded, beside one of the editor's own.
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Terminal } from '../../e2e/pages/terminal.ts';
import { Workbench } from '../../e2e/workbench/workbench.ts';
import { eventually } from '../../support/eventually.ts';
import { TestHelper } from '../../support/helper.ts';
import { median } from '../measure.ts';
import { type Row, row } from '../table.ts';
import { type Loads, loadRows, loadsOf } from './loads.ts';

const FLOOD_MS = 10_000;
/** Every line has a number, so that one that is lost shows. */
const flood = 'yes flood | cat -n';

const WINDOWS = 3;

export async function window(): Promise<Row[]> {
  const helper = new TestHelper();
  helper.start();
  const name = `bench-window-${process.pid}`;
  try {
    await helper.call('sandbox/create', { definition: { name, network: 'none' } });
    const loads: Loads[] = [];
    for (let round = 1; round < WINDOWS; round++) loads.push(await inWorkbench(helper, loadsOf));
    const [burrow, editors] = await inWorkbench(helper, async workbench => {
      loads.push(await loadsOf(workbench));
      return bothFlooded(workbench, name);
    });
    return [...loadRows(loads), ...rowsOf(burrow, editors)];
  } finally {
    await helper.call('sandbox/remove', { sandbox: name });
    await helper.remove();
  }
}

async function inWorkbench<T>(helper: TestHelper, work: (workbench: Workbench) => Promise<T>): Promise<T> {
  const workbench = await Workbench.open({ settings: { 'burrow.helper.socket': helper.socket } });
  try {
    return await work(workbench);
  } finally {
    await workbench.close();
  }
}

async function bothFlooded({ page, quickInput, sandboxes, terminal }: Workbench, name: string): Promise<[Flooded, Flooded]> {
  await sandboxes.row(name).waitFor();
  await sandboxes.press(name, 'Open Terminal');
  const burrow = await flooded(page, terminal);
  await quickInput.run('Terminal: Create New Terminal (In Active Workspace)');
  await terminal.waitForTabs(2);
  return [burrow, await flooded(page, terminal)];
}

interface Flooded {
  /** How long the window took to draw a frame, all along. */
  readonly framesMs: readonly number[];
  /** From Ctrl-C to the next prompt on the screen. */
  readonly endMs: number;
  /** Numbers that do not follow on the one before them, in all that the terminal still holds. */
  readonly lost: number;
}

async function flooded(page: Page, terminal: Terminal): Promise<Flooded> {
  await terminal.waitUntilFocused();
  await terminal.run('PS1="ready> "');
  await terminal.type(`${flood}\n`);
  await terminal.waitFor(/\d{4} +flood/);
  const framesMs = await framesFor(page, FLOOD_MS);
  const pressed = performance.now();
  await terminal.press('Control+c');
  await eventually('the prompt', async () => /\^C\s*ready> ?$/.test(lastOf(await terminal.screen())), 20);
  const endMs = performance.now() - pressed;
  await delay(500);
  const numbers = [...(await terminal.text()).matchAll(/^ *(\d+) +flood$/gm)].map(([, number]) => Number(number));
  const lost = numbers.filter((number, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1).length;
  return { framesMs, endMs, lost };
}

const lastOf = (screen: readonly string[]): string =>
  screen
    .filter(line => line !== '')
    .slice(-2)
    .join('\n');

/** Each as the page itself sees it: from one frame to the next, and whatever it did in between. */
const framesFor = (page: Page, durationMs: number): Promise<number[]> =>
  page.evaluate(
    lastsMs =>
      new Promise<number[]>(resolve => {
        const frames: number[] = [];
        const began = performance.now();
        let before = began;
        const next = (now: number): void => {
          frames.push(now - before);
          before = now;
          if (now - began < lastsMs) requestAnimationFrame(next);
          else resolve(frames);
        };
        requestAnimationFrame(next);
      }),
    durationMs,
  );

const RESPONSIVE_MS = 200;
const CTRL_C_MS = 200;

function rowsOf(burrow: Flooded, editors: Flooded): Row[] {
  const against = "a terminal of the editor's own";
  const longest = ({ framesMs }: Flooded): number => Math.max(...framesMs);
  const frames = burrow.framesMs.length;
  return [
    row('a frame of the window while a terminal is flooded for 10 s, median', median(burrow.framesMs), 'ms', frames, {
      against,
      other: median(editors.framesMs),
    }),
    row('a frame of the window while a terminal is flooded for 10 s, the longest', longest(burrow), 'ms', frames, undefined, RESPONSIVE_MS),
    row('from Ctrl-C in a flood to the prompt', burrow.endMs, 'ms', 1, undefined, CTRL_C_MS),
    row(`the same in ${against}`, editors.endMs, 'ms', 1),
    row('lines of the flood that are missing before Ctrl-C', burrow.lost, 'times', 1, undefined, 0),
  ];
}
