import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { after } from 'node:test';
import { Fixture } from '../support/fixture.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';

const container = new TestContainer();
const holder = new Fixture('unshare');
const step = scene('live-tree', {});
after(() => {
  container.stop();
  holder.stop();
});

step('a container that is started appears without a click', async ({ workbench: { page, namespaces, sandboxes, containers } }) => {
  await sandboxes.fold();
  await namespaces.expand(/^uts/);
  await namespaces.select(/ host · /);
  // A click opens the row too, and its many processes would push the others out of sight.
  await page.keyboard.press('ArrowLeft');
  container.start();
  await containers.row(container.name).waitFor();
  await namespaces.row(new RegExp(`^${container.inode('uts')} ${container.name}`)).waitFor();
});

step('what was open and selected still is', async ({ workbench: { namespaces } }) => {
  assert.match((await namespaces.selected.getAttribute('aria-label')) ?? '', / host · /);
  assert.equal(await namespaces.row(/^uts/).getAttribute('aria-expanded'), 'true');
});

step('a container that is stopped disappears, and nothing else moves', async ({ workbench: { namespaces, containers } }) => {
  await containers.expand(container.name);
  const inode = container.inode('uts');
  container.stop();
  await containers.row(container.name).waitFor({ state: 'detached' });
  await namespaces.row(new RegExp(`^${inode}`)).waitFor({ state: 'detached' });
  assert.match((await namespaces.selected.getAttribute('aria-label')) ?? '', / host · /);
  assert.equal(await namespaces.row(/^uts/).getAttribute('aria-expanded'), 'true');
});

step('what only an open file keeps is found by a refresh at the latest, and says whose it is', async ({ workbench: { namespaces } }) => {
  await namespaces.expand(/^net \(/);
  holder.start();
  const pid = holder.pid('fd');
  const inode = readlinkSync(`/proc/${pid}/fd/5`).replace(/\D/g, '');
  const row = namespaces.row(new RegExp(`^${inode} only fd 5 of sleep \\(${pid}\\) keeps it`));
  await namespaces.pressInTitle('Refresh');
  await row.waitFor();
  await row.locator('.codicon-warning').waitFor();
  await namespaces.expand(new RegExp(`^${inode}`));
  await namespaces.row(`fd 5 of sleep (${pid})`).waitFor();
  holder.stop();
  await row.waitFor({ state: 'detached' });
});
