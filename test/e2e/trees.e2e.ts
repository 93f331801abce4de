import assert from 'node:assert/strict';
import { after } from 'node:test';
import { namespaceTypes } from '../../helper/protocol/model.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';

const container = new TestContainer();
const step = scene('trees', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

step('the side bar has three views', async ({ workbench: { sandboxes, containers, namespaces } }) => {
  for (const view of [sandboxes, containers, namespaces]) await view.header.waitFor();
});

step('namespaces are grouped by their eight types', async ({ workbench: { namespaces } }) => {
  await namespaces.row(/^time/).waitFor();
  const labels = await namespaces.rows.evaluateAll(rows => rows.map(row => row.getAttribute('aria-label')?.replace(/ .*/, '')));
  // The last row, if there is one more, says what could not be read.
  assert.deepEqual(labels.slice(0, namespaceTypes.length), namespaceTypes);
});

step('a container is shown by its name, below its engine', async ({ workbench: { containers } }) => {
  const row = containers.row(new RegExp(`^${container.name} .*pid ${container.pid}`));
  await row.waitFor();
  await containers.expand(container.name);
  await containers.row(new RegExp(`^net ${container.inode('net')} own`)).waitFor();
  await containers.row(/^user host's/).waitFor();
});

step("a namespace of its own carries the container's name", async ({ workbench: { namespaces, sandboxes, containers } }) => {
  await sandboxes.fold();
  await containers.fold();
  await namespaces.expand(/^uts/);
  await namespaces.row(new RegExp(`^${container.inode('uts')} ${container.name}`)).waitFor();
});

step("only what can be done is in a row's menu", async ({ workbench: { containers } }) => {
  await containers.unfold();
  const menu = await containers.menuOf(container.name);
  for (const entry of ['Open Terminal', 'Open Terminal In…', 'Show Details']) assert.ok(menu.includes(entry), `${entry} in ${menu}`);
  assert.ok(!menu.some(entry => entry.startsWith('Remove')), `${menu}`);
});

step('a container that ends leaves the tree by itself', async ({ workbench: { containers } }) => {
  container.stop();
  await containers.row(container.name).waitFor({ state: 'detached' });
});
