import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after } from 'node:test';
import { streamGreeting } from '../../helper/protocol/methods.ts';
import { eventually } from '../support/eventually.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';

const container = new TestContainer();
// A window whose panel is open when it is reloaded begins with a shell of this machine, unless it is told not to.
const step = scene('terminal-sessions', { settings: { 'terminal.integrated.hideOnStartup': 'whenEmpty' } }, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

const fromOutside = (...command: readonly string[]): string =>
  execFileSync('nsenter', ['--target', `${container.pid}`, '--all', '--root', '--wd', ...command], { encoding: 'utf8' }).trim();

/** A line that no prompt and no echo has. */
const mark = (name: string): string => `printf '%s-%s\\n' mark ${name}`;

step('a shell with something in it is open', async ({ workbench: { containers, terminal } }) => {
  await containers.row(container.name).waitFor();
  await containers.press(container.name, 'Open Terminal');
  await terminal.waitUntilFocused();
  await terminal.run('here=still');
  assert.equal(await terminal.run(mark('one')), 'mark-one');
});

step('after a reload it is there again, with what it showed and what it knew', async ({ workbench }) => {
  await workbench.reload();
  const { terminal } = workbench;
  await terminal.waitFor(/mark-one/);
  await terminal.focus();
  assert.equal(await terminal.run('echo $here'), 'still');
  assert.deepEqual((await terminal.tabs()).filter(each => each.includes(container.name)).length, 1);
});

step('what asked the emulator something asks it nothing when it is shown again', async ({ workbench }) => {
  const { terminal } = workbench;
  // Whoever asks for the state of the terminal reads the answer: ESC [ 0 n.
  await terminal.run(`stty -icanon -echo; printf '\\033[5n'; dd bs=4 count=1 of=/dev/null 2>/dev/null; stty sane`);
  await terminal.run(mark('asked'));
  await workbench.reload();
  await terminal.waitFor(/mark-asked/);
  await terminal.focus();
  assert.equal(await terminal.run('echo again'), 'again');
  assert.doesNotMatch(await terminal.text(), /0n/);
});

step('it goes on while nobody looks', async ({ workbench, helper }) => {
  const { terminal } = workbench;
  await terminal.run(`(sleep 4321; ${mark('unseen')}) & true`);
  await workbench.leave();
  await eventually('a terminal that nobody looks at', async () => {
    const { terminals } = await helper.call('terminal/list', {});
    return terminals.some(each => !each.attached);
  });
  // What waits there goes on now.
  const sleeping = (): string | undefined => /^\s*(\d+)\b.*\bsleep 4321$/m.exec(fromOutside('ps'))?.[1];
  fromOutside('kill', await eventually('what waits', sleeping));
  await eventually('that it went on', () => sleeping() === undefined);
  await workbench.enter();
  await terminal.waitFor(/mark-unseen/);
});

step('it is there once more when the extension host has died, and once only', async ({ workbench, helper }) => {
  const { terminal } = workbench;
  await terminal.focus();
  await terminal.run(mark('survivor'));
  const before = await helper.call('terminal/list', {});
  workbench.killExtensionHost();
  const attached = async (): Promise<boolean> => (await helper.call('terminal/list', {})).terminals.every(each => each.attached);
  await eventually('that nobody has it', async () => !(await attached()));
  await eventually('that the next host has it', attached, 40);
  await terminal.waitForTabs(1);
  await terminal.waitFor(/mark-survivor/);
  await terminal.focus();
  assert.equal(await terminal.run('echo $here'), 'still');
  assert.deepEqual(
    (await helper.call('terminal/list', {})).terminals.map(each => each.terminal),
    before.terminals.map(each => each.terminal),
  );
});

step('closed by the person it ends', async ({ workbench, helper }) => {
  const { terminal, quickInput } = workbench;
  await terminal.focus();
  await quickInput.run('Terminal: Kill All Terminals');
  await terminal.waitUntilClosed();
  await eventually('the end of it', async () => (await helper.call('terminal/list', {})).terminals.length === 0);
});

step('Reattach Terminal… says when there is none', async ({ workbench: { quickInput, notifications } }) => {
  await quickInput.run('Burrow: Reattach Terminal');
  await notifications.toast('No terminal waits').waitFor();
});

step('Reattach Terminal… has one that another window left, and ends it or shows it', async ({ workbench, helper }) => {
  const { quickInput, terminal } = workbench;
  const inside = {
    subject: { kind: 'container', id: container.name },
    name: 'left-behind',
    look: { icon: 'package', color: 'terminal.ansiBlue' },
    entry: { target: { container: container.name } },
  };
  const open = async (name: string): Promise<void> => {
    const { token } = await helper.call('terminal/open', {
      target: { container: container.name },
      command: ['sh', '-c', `${mark(name)}; exec sh`],
      size: { columns: 80, rows: 24 },
      keep: { window: 'another', tag: JSON.stringify({ ...inside, name }) },
    });
    // Somebody has to have looked at it.
    const stream = connect(helper.socket);
    stream.write(streamGreeting(token));
    await once(stream, 'data');
    stream.destroy();
  };
  await open('first-left');
  await open('second-left');
  await workbench.statusBar.entry('Burrow').click();
  await quickInput.row(/Reattach Terminal….*2 terminals go on without a window/).waitFor();
  await quickInput.leave();
  await quickInput.run('Burrow: Reattach Terminal');
  await quickInput.row(/^first-left/).waitFor();
  await quickInput.pressIn(/^first-left/, 'End It');
  await eventually('the end of the first', async () => (await helper.call('terminal/list', {})).terminals.length === 1);
  assert.deepEqual(
    (await helper.call('terminal/list', {})).terminals.map(each => each.window),
    ['another'],
  );
  await quickInput.choose(/^second-left/);
  await terminal.waitUntilFocused();
  await terminal.waitFor(/mark-second-left/);
  assert.equal(await terminal.run('hostname'), container.name);
});
