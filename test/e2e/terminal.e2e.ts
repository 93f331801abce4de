import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';

const container = new TestContainer();
const step = scene('terminal', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

const fromOutside = (...command: readonly string[]): string =>
  execFileSync('nsenter', ['--target', `${container.pid}`, '--all', '--root', '--wd', ...command], { encoding: 'utf8' }).trim();

step('the button on a container opens a terminal inside', async ({ workbench: { containers, terminal } }) => {
  await containers.row(container.name).waitFor();
  await containers.press(container.name, 'Open Terminal');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), fromOutside('hostname'));
  for (const type of ['net', 'mnt', 'uts', 'ipc', 'pid'])
    assert.equal(await terminal.run(`readlink /proc/self/ns/${type}`), container.namespace(type));
});

step('it says what it joined', async ({ workbench: { terminal } }) => {
  await terminal.waitFor(new RegExp(`^burrow: .*net.* of ${container.name}`, 'm'));
});

step('Ctrl-C ends what runs in it', async ({ workbench: { terminal } }) => {
  await terminal.type('sleep 1000\n');
  const sleeping = () => fromOutside('ps').includes('sleep 1000') || undefined;
  await eventually('sleep 1000 in the container', sleeping);
  await terminal.press('Control+c');
  await eventually('the end of sleep 1000', () => !sleeping());
  assert.equal(await terminal.run('echo still here'), 'still here');
});

step('its size follows the window', async ({ workbench: { page, terminal } }) => {
  const before = await terminal.size();
  assert.equal(await terminal.run('stty size'), `${before.rows} ${before.columns}`);
  await page.setViewportSize({ width: 1100, height: 800 });
  const resized = await eventually('a narrower terminal', async () => {
    const size = await terminal.size();
    return size.columns < before.columns && size;
  });
  await eventually('the new size inside', async () => (await terminal.run('stty size')) === `${resized.rows} ${resized.columns}`);
  await page.setViewportSize({ width: 1400, height: 1000 });
});

step('what is typed and printed is UTF-8', async ({ workbench: { terminal } }) => {
  assert.equal(await terminal.run("echo 'Grüße, 世界 ✓'"), 'Grüße, 世界 ✓');
});

step('at the end it says how the shell ended', async ({ workbench: { terminal } }) => {
  await terminal.type('exit 3\n');
  await terminal.waitFor(/^burrow: exit 3/m);
});

step('Enter opens it again, any other key closes it', async ({ workbench: { terminal } }) => {
  await terminal.press('Enter');
  await terminal.waitFor(/burrow: exit 3[\s\S]*# ?$/);
  assert.equal(await terminal.run('hostname'), container.name);
  await terminal.type('exit 4\n');
  await terminal.waitFor(/^burrow: exit 4/m);
  await terminal.press('q');
  await terminal.waitUntilClosed();
});

step('Open Terminal In… enters only the namespaces that are chosen', async ({ workbench: { containers, quickInput, terminal } }) => {
  await containers.choose(container.name, 'Open Terminal In…');
  await quickInput.row(/^net/).waitFor();
  for (const type of ['mnt', 'pid', 'ipc', 'uts']) await quickInput.row(new RegExp(`^${type}`)).click();
  await quickInput.accept();
  await quickInput.title.filter({ hasText: '2/2' }).waitFor();
  await quickInput.accept();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
  assert.notEqual(await terminal.run('readlink /proc/self/ns/uts'), container.namespace('uts'));
});

step('a shell that ends well takes its terminal with it', async ({ workbench: { terminal } }) => {
  await terminal.type('exit\n');
  await terminal.waitUntilClosed();
});

step('it all works from the keyboard alone', async ({ workbench: { page, quickInput, terminal } }) => {
  await quickInput.run('Burrow: Open Terminal');
  await quickInput.type(container.name);
  await quickInput.row(container.name).waitFor();
  await page.keyboard.press('Enter');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
});
