import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { eventually } from '../support/eventually.ts';
import { type Belongings, belongings, leftovers } from '../support/leftovers.ts';
import { scene } from './workbench/scene.ts';

const step = scene('sandbox', {});
let before: Belongings;
let name = '';

step('four times Enter make a sandbox, with a terminal inside', async ({ workbench: { quickInput, terminal }, helper }) => {
  before = belongings(helper.folder);
  await quickInput.run('Burrow: Create Scratch Sandbox');
  await quickInput.title.waitFor();
  name = await quickInput.input.inputValue();
  assert.match(name, /^[a-z0-9-]+$/);
  for (let question = 1; question <= 4; question++) {
    await quickInput.title.filter({ hasText: `${question}/4` }).waitFor();
    await quickInput.accept();
  }
  await quickInput.waitUntilClosed();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('id -u'), '0');
  assert.equal(await terminal.run('hostname'), name);
});

step('it is in the tree, with its address', async ({ workbench: { sandboxes } }) => {
  await sandboxes.row(new RegExp(`^${name} 10\\.201\\.\\d+\\.\\d+ · \\d+ process`)).waitFor();
});

step('from inside the host answers, and nothing beyond the link is there', async ({ workbench: { terminal }, helper }) => {
  const { sandboxes } = await helper.call('sandbox/list', {});
  const hostAddress = sandboxes[0]?.networks[0]?.hostAddress.replace(/\/.*/, '');
  assert.ok(hostAddress);
  assert.match(await terminal.run(`ping -c1 -W5 ${hostAddress}`), /1 (packets )?received/);
  const links = (await terminal.run('cat /proc/net/dev')).matchAll(/^\s*(\S+):/gm);
  assert.deepEqual([...links].map(([, link]) => link).sort(), [sandboxes[0]?.networks[0]?.link, 'lo'].sort());
});

step('what it writes stays inside', async ({ workbench: { terminal } }) => {
  assert.equal(await terminal.run('echo changed > /etc/burrow-was-here && cat /etc/burrow-was-here'), 'changed');
  assert.ok(!existsSync('/etc/burrow-was-here'));
});

step('a name that is taken says so while it is typed', async ({ workbench: { page, quickInput } }) => {
  await quickInput.run('Burrow: Create Scratch Sandbox');
  await quickInput.title.waitFor();
  await quickInput.type(name);
  await quickInput.message.filter({ hasText: name }).waitFor();
  await page.keyboard.press('Escape');
  await quickInput.waitUntilClosed();
});

step('once it is removed nothing of it is left', async ({ workbench: { sandboxes, notifications }, helper }) => {
  const [sandbox] = (await helper.call('sandbox/list', {})).sandboxes;
  const own = Object.values(sandbox?.namespaces ?? {});
  assert.equal(own.length, 8);
  await sandboxes.choose(new RegExp(`^${name}`), /^Remove/);
  await notifications.answer('Remove');
  await sandboxes.row(new RegExp(`^${name}`)).waitFor({ state: 'detached' });
  await sandboxes.welcomeButton('Create Scratch Sandbox').waitFor();
  const left = () => leftovers(before, belongings(helper.folder), own);
  await eventually('the end of all that it had', () => left().length === 0).catch(() => assert.deepEqual(left(), []));
});
