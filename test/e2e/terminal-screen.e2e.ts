import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { after } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { scene } from './workbench/scene.ts';

const sandbox = `e2e-screen-${process.pid}`;
const step = scene(
  'terminal-screen',
  { settings: { 'workbench.panel.opensMaximized': 'always', 'terminal.integrated.tabs.hideCondition': 'never' } },
  async helper => {
    helper.start();
    await helper.call('sandbox/create', { definition: { name: sandbox, network: 'none' } });
  },
);

/** Where the sandbox has this machine's files, unlike /tmp. */
const file = `/var/tmp/burrow-e2e-drawing-${process.pid}`;
after(() => rmSync(file, { force: true }));

const csi = (text: string): string => `\u001b[${text}`;
const at = (row: number, column: number): string => csi(`${row};${column}H`);
const letters = 'abcdefghij';

/** What terminals differ in when bytes are lost, reordered or read in the wrong pieces: after vttest. */
const drawing = [
  csi('2J'),
  // The cursor: absolute, relative, saved, beyond the borders.
  `${at(2, 5)}start${csi('3D')}X${csi('1B')}Y${csi('5C')}Z${csi('1A')}\u001b7${csi('999;999H')}${csi('3D')}end\u001b8W${csi('s')}${at(1, 1)}top${csi('u')}V`,
  // Tabulators: set, used, cleared.
  `${at(4, 1)}${csi('3g')}${at(4, 7)}\u001bH${at(4, 15)}\u001bH${at(4, 1)}1\t2\t3`,
  // Insert and delete, of characters and lines.
  `${at(5, 1)}${letters}${at(5, 4)}${csi('3@')}ins${at(6, 1)}${letters}${at(6, 4)}${csi('3P')}${at(7, 1)}${letters}${at(7, 4)}${csi('3X')}`,
  `${at(8, 1)}line eight${at(9, 1)}line nine${at(8, 1)}${csi('1L')}inserted${at(9, 1)}${csi('1M')}`,
  // A region that scrolls, both ways, and an origin in it.
  `${csi('11;14r')}${at(11, 1)}one\r\ntwo\r\nthree\r\nfour\r\nfive${at(11, 1)}\u001bMabove${csi('?6h')}${at(2, 10)}origin${csi('?6l')}${csi('r')}`,
  // Colours, in all three notations, and attributes.
  `${at(16, 1)}${csi('1;31m')}bold${csi('0m')} ${csi('38;5;208m')}256${csi('m')} ${csi('48;2;10;20;30;4m')}rgb${csi('m')} ${csi('7m')}inverse${csi('27m')}`,
  // Wide characters, combined ones, and one that does not fit into the last column.
  `${at(17, 1)}世界 e\u0301 👍🏽 ✓${at(18, 1)}${csi('999C')}界`,
  // Lines that wrap, and that may not.
  `${at(20, 1)}${csi('999C')}ab${at(22, 1)}${csi('?7l')}${csi('999C')}cdef${csi('?7h')}`,
  // Erasing, and the other screen that leaves nothing.
  `${at(23, 1)}erased${csi('3D')}${csi('K')}${csi('?1049h')}${csi('2J')}${at(3, 3)}elsewhere${csi('?1049l')}`,
  // Line drawing characters, and back.
  `${at(24, 1)}\u001b(0lqqk\u001b(B lqqk`,
  at(1, 40),
].join('');

step('a program that floods its terminal does not hold up the window, and Ctrl-C ends it', async ({ workbench }) => {
  const { page, quickInput, sandboxes, terminal } = workbench;
  await sandboxes.row(sandbox).waitFor();
  await sandboxes.press(sandbox, 'Open Terminal');
  await terminal.waitUntilFocused();
  await terminal.run('true');
  await terminal.type('yes flood\n');
  await terminal.waitFor(/flood\nflood\nflood/);
  await page.keyboard.press('F1');
  await quickInput.input.waitFor();
  await quickInput.leave();
  await terminal.focus();
  await terminal.press('Control+c');
  assert.equal(await terminal.run('echo over'), 'over');
});

step('what a program draws is what it draws in a terminal of this machine', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  writeFileSync(file, drawing);
  const draw = async (): Promise<readonly string[]> => {
    // In pieces that end in the middle of sequences and characters, too.
    await terminal.type(`dd if=${file} bs=7 2>/dev/null; sleep 86400\n`);
    return eventually('a screen that is drawn', async () => {
      const screen = await terminal.screen();
      return screen[0]?.startsWith('top') && screen.some(each => each.startsWith('┌──┐ lqqk')) && screen;
    });
  };
  const inside = { size: await terminal.size(), screen: await draw() };
  await quickInput.run('Terminal: Create New Terminal (In Active Workspace)');
  await terminal.waitForTabs(2);
  await terminal.waitUntilFocused();
  await terminal.waitFor(/[#$] ?$/);
  const outside = { size: await terminal.size(), screen: await draw() };
  assert.deepEqual(inside, outside);
});
