import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { after } from 'node:test';
import { namespaceTypes } from '../../helper/protocol/model.ts';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const container = new TestContainer();
const step = scene('groupings', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

async function groupBy({ quickInput }: Workbench, grouping: string): Promise<void> {
  await quickInput.run('Burrow: Group Namespaces By…');
  await quickInput.waitForTitle('Group Namespaces By');
  await quickInput.choose(new RegExp(`^${grouping}`));
  await quickInput.waitUntilClosed();
}

step('the present grouping is marked, and Enter keeps it', async ({ workbench: { namespaces, sandboxes, containers, quickInput } }) => {
  await sandboxes.fold();
  await containers.fold();
  await namespaces.row(/^net/).waitFor();
  await namespaces.pressInTitle('Group Namespaces By…');
  await quickInput.waitForTitle('Group Namespaces By');
  assert.match((await quickInput.focusedRow.getAttribute('aria-label')) ?? '', /^Type/);
  await quickInput.accept();
  await quickInput.waitUntilClosed();
  await namespaces.row(/^net/).waitFor();
});

step('by owner, a user namespace is above what it owns', async ({ workbench }) => {
  const { namespaces } = workbench;
  await groupBy(workbench, 'Owner');
  await namespaces.expand(/^user \d+ host/);
  await namespaces.expand(/^uts \(/);
  await namespaces.row(new RegExp(`^uts ${container.inode('uts')} ${container.name}`)).waitFor();
  await namespaces.description.filter({ hasText: 'by owner' }).waitFor();
});

step('by PID hierarchy, a pid namespace is below the one around it', async ({ workbench }) => {
  const { namespaces } = workbench;
  await groupBy(workbench, 'PID Hierarchy');
  await namespaces.expand(/^pid \d+ host/);
  await namespaces.expand(new RegExp(`^pid ${container.inode('pid')} ${container.name}`));
  await namespaces.row(new RegExp(`${container.pid} · 1 inside`)).waitFor();
});

step("by container, a container has its own namespaces, and not the host's", async ({ workbench }) => {
  const { namespaces } = workbench;
  await groupBy(workbench, 'Container');
  await namespaces.expand(new RegExp(`^${container.name} runc`));
  await namespaces.row(new RegExp(`^net ${container.inode('net')}`)).waitFor();
  await namespaces.row(/^host \(8\)/).waitFor();
});

/** Opens the rows of those who started a process, from the first on; without the host's own only those in other namespaces. */
async function openAncestors({ namespaces }: Workbench, pid: number, withHost: boolean): Promise<void> {
  const ancestors: number[] = [];
  for (let up = parentOf(pid); up > 0; up = parentOf(up)) ancestors.unshift(up);
  for (const each of ancestors.filter(up => withHost || isElsewhere(up))) await namespaces.expand(rowOf(each));
}

const parentOf = (pid: number): number => Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
const rowOf = (pid: number): RegExp => new RegExp(`^\\S+ ${pid}\\b`);
const kthreadd = 2;
/** Whether it is in a namespace that is not the host's, or nobody may read in which ones it is. */
function isElsewhere(pid: number): boolean {
  const inode = (of: number, type: string): string => readlinkSync(`/proc/${of}/ns/${type}`);
  try {
    return namespaceTypes.some(type => inode(pid, type) !== inode(kthreadd, type));
  } catch {
    return true;
  }
}

step('by process, what differs from the parent is said and shown', async ({ workbench }) => {
  const { namespaces } = workbench;
  await groupBy(workbench, 'Process');
  await openAncestors(workbench, container.pid, true);
  await namespaces.expand(new RegExp(`${container.pid} · 1 inside · differs in .*mnt`));
  await namespaces.row(new RegExp(`^net ${container.inode('net')}`)).waitFor();
  await namespaces.description.filter({ hasText: 'by process' }).waitFor();
});

step("without the host's own, only what is elsewhere is left", async ({ workbench }) => {
  const { namespaces, quickInput } = workbench;
  await quickInput.run("Burrow: Hide the Host's Namespaces");
  await namespaces.row(rowOf(kthreadd)).waitFor({ state: 'detached' });
  await openAncestors(workbench, container.pid, false);
  await namespaces.row(new RegExp(`${container.pid} · 1 inside · differs in .*mnt`)).waitFor();
  await namespaces.description.filter({ hasText: "by process · without the host's own" }).waitFor();
});

step('what is hidden is ticked, and comes back', async ({ workbench }) => {
  const { namespaces, quickInput } = workbench;
  await groupBy(workbench, 'Type');
  await namespaces.expand(/^net \(/);
  await namespaces.row(new RegExp(`^${container.inode('net')}`)).waitFor();
  assert.equal(await namespaces.row(/ host · /).count(), 0);
  await namespaces.pressInTitle('Hide in Namespaces…');
  await quickInput.waitForTitle('Hide in Namespaces');
  const row = quickInput.row(/^The host's own namespaces/);
  assert.equal(await row.getAttribute('aria-checked'), 'true');
  await row.click();
  await quickInput.accept();
  await namespaces.row(/ host · /).waitFor();
});
