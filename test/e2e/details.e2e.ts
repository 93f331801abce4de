import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { after } from 'node:test';
import { Fixture } from '../support/fixture.ts';
import { scene } from './workbench/scene.ts';

const fixture = new Fixture('netns');
let inode = '';
const step = scene('details', {}, helper => {
  const pid = fixture.start();
  inode = readlinkSync(`/proc/${pid}/ns/net`).replace(/\D/g, '');
  helper.start();
});
after(() => fixture.stop());

step('Show Details opens what a namespace holds', async ({ workbench: { sandboxes, containers, namespaces, editor } }) => {
  await sandboxes.fold();
  await containers.fold();
  await namespaces.expand(/^net/);
  await namespaces.choose(new RegExp(`^${inode}`), 'Show Details');
  await editor.tab(new RegExp(`net ${inode}`)).waitFor();
  await editor.waitFor(new RegExp(`net:\\[${inode}\\]`));
  await editor.waitFor(/^owner: user:\[\d+\]/m);
  await editor.waitFor(/^interfaces:\n {2}\S/m);
  await editor.waitFor(/eth0:/);
  await editor.waitFor(/198\.51\.100\.2\/30/);
});

step('a link in it opens the namespace that it names', async ({ workbench: { editor } }) => {
  const [, owner] = await editor.waitFor(/^owner: (user:\[\d+\])/m);
  assert.ok(owner);
  await editor.follow(owner);
  await editor.tab(new RegExp(`user ${owner.replace(/\D/g, '')}`)).waitFor();
  await editor.waitFor(new RegExp(`^# ${owner.replace(/[[\]]/g, '\\$&')} of the host`, 'm'));
});

step('it follows what happens to the namespace', async ({ workbench: { editor } }) => {
  await editor.tab(new RegExp(`net ${inode}`)).click();
  await editor.waitFor(/eth0:/);
  const newcomer = spawn('ip', ['netns', 'exec', 'fx-netns', 'sleep', '600'], { stdio: 'ignore' });
  try {
    await editor.waitFor(new RegExp(`process ${newcomer.pid} sleep`));
  } finally {
    newcomer.kill();
  }
});
