import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { after } from 'node:test';
import { TestContainer } from './workbench/container.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const container = new TestContainer();
const step = scene('terminal-choices', {}, helper => {
  container.start();
  helper.start();
});
after(() => container.stop());

const hosts = (type: string): string => readlinkSync(`/proc/self/ns/${type}`);

async function leave({ terminal }: Workbench): Promise<void> {
  await terminal.type('exit\n');
  await terminal.waitUntilClosed();
}

/** The row with what is so now, which changes when it is chosen. */
const row = (label: string, now = ''): RegExp => new RegExp(`^${label}.*${now}`);

step('Open Terminal In… says what stays outside while the namespaces are chosen', async ({ workbench: { containers, quickInput } }) => {
  await containers.row(container.name).waitFor();
  await containers.choose(container.name, 'Open Terminal In…');
  await quickInput.placeholder("Which namespaces? user, cgroup and time stay the host's.").waitFor();
  await quickInput.row(/^net/).click();
  await quickInput.placeholder("Which namespaces? net, user, cgroup and time stay the host's.").waitFor();
  await quickInput.row(/^net/).click();
  await quickInput.placeholder("Which namespaces? user, cgroup and time stay the host's.").waitFor();
});

step('Enter, and Enter again opens', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  await quickInput.accept();
  await quickInput.waitForTitle('2/2');
  await quickInput.focusedRow.filter({ hasText: 'Open Terminal' }).waitFor();
  await quickInput.accept();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/uts'), container.namespace('uts'));
  await leave(workbench);
});

step('each wish shows what is so, and changes it', async ({ workbench: { containers, quickInput } }) => {
  await containers.choose(container.name, 'Open Terminal In…');
  await quickInput.row(/^net/).waitFor();
  await quickInput.accept();
  await quickInput.choose(row('User'));
  await quickInput.choose(/^Another User/);
  await quickInput.placeholder('A name, UID or UID:GID, as they are inside').waitFor();
  await quickInput.type('not a user');
  await quickInput.message.filter({ hasText: 'UID' }).waitFor();
  await quickInput.type('4321');
  await quickInput.accept();
  await quickInput.row(row('User', '4321')).waitFor();
  await quickInput.choose(row('Directory'));
  await quickInput.message.filter({ hasText: 'In which directory' }).waitFor();
  await quickInput.type('/bin');
  await quickInput.accept();
  await quickInput.row(row('Directory', '/bin')).waitFor();
  await quickInput.choose(row('Environment'));
  await quickInput.choose(/^Add a Variable/);
  await quickInput.placeholder('NAME=VALUE').waitFor();
  await quickInput.type('GREETING=good day');
  await quickInput.accept();
  await quickInput.row(row('Environment', 'GREETING=good day')).waitFor();
  await quickInput.choose(row('Seccomp Filter'));
  await quickInput.choose(/^Its Own/);
  await quickInput.row(row('Seccomp Filter', 'its own')).waitFor();
  await quickInput.row(new RegExp(`^Remember for ${container.name}.*yes`)).waitFor();
});

step('Back leads from a wish to all of them, and from them to the namespaces', async ({ workbench: { quickInput } }) => {
  await quickInput.choose(row('Programs'));
  await quickInput.row(/^This Machine's/).waitFor();
  await quickInput.back();
  await quickInput.row(row('User', '4321')).waitFor();
  await quickInput.back();
  await quickInput.row(/^net/).waitFor();
  await quickInput.accept();
  await quickInput.row(row('User', '4321')).waitFor();
});

step('the terminal is as it was wished', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  await quickInput.choose(/^Open Terminal/);
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('id -u'), '4321');
  assert.equal(await terminal.run('pwd; echo $GREETING'), '/bin\ngood day');
  await leave(workbench);
});

step('the next one is as the last, and says so', async ({ workbench }) => {
  const { containers, terminal } = workbench;
  await containers.press(container.name, 'Open Terminal');
  await terminal.waitUntilFocused();
  await terminal.waitFor(new RegExp(`burrow: as chosen before for ${container.name}: user 4321; in /bin; GREETING=good day`));
  assert.equal(await terminal.run('id -u'), '4321');
  await leave(workbench);
});

step('Forget Terminal Choices makes it as it is in there', async ({ workbench }) => {
  const { containers, notifications, quickInput, terminal } = workbench;
  await quickInput.run('Burrow: Forget Terminal Choices');
  await notifications.toast('1 terminal choice forgotten').waitFor();
  await containers.press(container.name, 'Open Terminal');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('id -u'), '0');
  assert.doesNotMatch(await terminal.text(), /chosen before/);
  await leave(workbench);
});

step('the menu has what is wanted often', async ({ workbench: { containers } }) => {
  assert.deepEqual(await containers.submenuOf(container.name, 'Terminal'), [
    'In Its Network Only',
    'In Its Files Only',
    'In Its Processes Only',
    'As Root',
    "With This Machine's Tools",
  ]);
});

step('In Its Network Only enters that one alone', async ({ workbench }) => {
  const { containers, terminal } = workbench;
  await containers.chooseIn(container.name, 'Terminal', 'In Its Network Only');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
  for (const each of ['pid', 'uts']) assert.equal(await terminal.run(`readlink /proc/self/ns/${each}`), hosts(each));
  await leave(workbench);
});

step('In Its Files Only has its files, and the name of this machine', async ({ workbench }) => {
  const { containers, terminal } = workbench;
  await containers.chooseIn(container.name, 'Terminal', 'In Its Files Only');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), hostname());
  assert.equal(await terminal.run('test -x /usr/bin/nsenter || echo not here'), 'not here');
  await leave(workbench);
});

step("With This Machine's Tools has the host's programs in the container's other namespaces", async ({ workbench }) => {
  const { containers, terminal } = workbench;
  await containers.chooseIn(container.name, 'Terminal', "With This Machine's Tools");
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('readlink /proc/self/ns/net'), container.namespace('net'));
  assert.equal(await terminal.run('test -x /usr/bin/nsenter && echo here'), 'here');
  await leave(workbench);
});

step('a namespace that a terminal names leads to its details', async ({ workbench }) => {
  const { containers, editor, terminal } = workbench;
  await containers.press(container.name, 'Open Terminal');
  await terminal.waitUntilFocused();
  await terminal.run('readlink /proc/self/ns/net');
  await terminal.follow(container.namespace('net'));
  await editor.tab(`net ${container.inode('net')} (${container.name})`).waitFor();
});
