import assert from 'node:assert/strict';
import { scene } from './workbench/scene.ts';

const nobody = () => {};
const step = scene('helper', { settings: { 'burrow.helper.autoStart': false } }, nobody);

step('without a helper every view says so, and offers to start it', async ({ workbench, helper }) => {
  const { sandboxes, containers, namespaces } = workbench;
  for (const view of [sandboxes, containers, namespaces]) {
    await view.unfold();
    await view.welcome.filter({ hasText: "Burrow's helper is not running" }).waitFor();
    await view.welcomeButton('Start Helper').waitFor();
  }
  assert.equal(await helper.pid(), undefined);
});

step('one click starts it, and the trees appear', async ({ workbench, helper }) => {
  await workbench.sandboxes.welcomeButton('Start Helper').click();
  await workbench.namespaces.row(/^net \(/).waitFor();
  await workbench.sandboxes.welcomeButton('Create Scratch Sandbox').waitFor();
  await workbench.statusBar.entry('Burrow').waitFor();
  assert.deepEqual(await workbench.statusBar.icons('Burrow'), ['shield']);
  assert.notEqual(await helper.pid(), undefined);
});

step('when it dies the views and the status bar say so', async ({ workbench, helper }) => {
  await helper.kill();
  await workbench.statusBar.entry('Burrow').locator('.codicon-warning').waitFor();
  await workbench.namespaces.welcomeButton('Start Helper').waitFor();
});

step('and one click starts it again', async ({ workbench, helper }) => {
  await workbench.namespaces.welcomeButton('Start Helper').click();
  await workbench.namespaces.row(/^net \(/).waitFor();
  await workbench.statusBar.entry('Burrow').locator('.codicon-shield').waitFor();
  assert.notEqual(await helper.pid(), undefined);
});

step('the status bar offers what can be done with it', async ({ workbench, helper }) => {
  await workbench.statusBar.entry('Burrow').click();
  await workbench.quickInput.row(/Stop/).click();
  await workbench.statusBar.entry('Burrow').locator('.codicon-shield').waitFor({ state: 'detached' });
  await workbench.sandboxes.welcomeButton('Start Helper').waitFor();
  assert.equal(await helper.pid(), undefined);
});
