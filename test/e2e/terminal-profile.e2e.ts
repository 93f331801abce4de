import assert from 'node:assert/strict';
import { after } from 'node:test';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const container = new TestContainer();
const step = scene('terminal-profile', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

async function withProfile({ quickInput }: Workbench, profile: string): Promise<void> {
  await quickInput.runExactly('Create New Terminal (With Profile)');
  await quickInput.placeholder('Select the terminal profile to create').waitFor();
  await quickInput.choose(profile);
  await quickInput.placeholder('In what?').waitFor();
}

step('the profile asks where, and Esc leaves without a word', async ({ workbench }) => {
  const { containers, notifications, quickInput, terminal } = workbench;
  await containers.row(container.name).waitFor();
  await withProfile(workbench, 'Burrow: Namespace…');
  await quickInput.leave();
  await quickInput.run('Burrow: Reattach Terminal');
  await notifications.toast('No terminal waits').waitFor();
  assert.deepEqual(await notifications.texts(), ['No terminal waits to be attached again.']);
  assert.equal(await terminal.text(), '');
});

step('a terminal of the profile is inside', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  await withProfile(workbench, 'Burrow: Namespace…');
  await quickInput.choose(container.name);
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
});

step('it is split by one in the same place', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  await quickInput.run('Burrow: Split Terminal Inside');
  await terminal.waitForTabs(2);
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
  await quickInput.run('Terminal: Kill All Terminals');
  await terminal.waitUntilClosed();
});

step('the default target is asked for once, and can be saved', async ({ workbench }) => {
  const { notifications, quickInput, terminal } = workbench;
  await withProfile(workbench, 'Burrow: Default Target');
  await quickInput.choose(container.name);
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), container.name);
  await notifications.press(`Open terminals of this profile in container:${container.name}`, 'Save');
  await quickInput.run('Terminal: Kill All Terminals');
  await terminal.waitUntilClosed();
});

step('then it opens without a question', async ({ workbench: { quickInput, terminal } }) => {
  await quickInput.runExactly('Create New Terminal (With Profile)');
  await quickInput.placeholder('Select the terminal profile to create').waitFor();
  await quickInput.choose('Burrow: Default Target');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), container.name);
});
