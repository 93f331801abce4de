import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { isAlive } from '../support/processes.ts';
import { OrdinaryUser } from './workbench/ordinary-user.ts';
import { scene } from './workbench/scene.ts';

const user = new OrdinaryUser();
const step = scene(
  'ordinary-user',
  () => ({ owner: user.create(), host: user.host(), environment: user.environment }),
  () => {},
);
after(() => user.remove());

step('nothing becomes root without being asked', async ({ workbench: { sandboxes }, helper }) => {
  await sandboxes.welcomeButton('Start Helper').waitFor();
  assert.equal(await helper.pid(), undefined);
});

step('Start Helper asks for the password where sudo asks for it', async ({ workbench: { sandboxes, namespaces, terminal } }) => {
  await sandboxes.welcomeButton('Start Helper').click();
  await terminal.waitFor(/password/i);
  await terminal.focus();
  await terminal.type(`${user.password}\n`);
  await namespaces.row(/^net \(/).waitFor();
});

step('the helper is root, and serves this user', async ({ workbench: { statusBar }, helper }) => {
  const pid = await helper.pid();
  assert.ok(pid && isAlive(pid));
  assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\s+0\s+0/m);
  assert.deepEqual(await statusBar.icons('Burrow'), ['shield']);
});

step('a scratch sandbox makes this user root inside, and nowhere else', async ({ workbench: { quickInput, terminal }, helper }) => {
  await quickInput.run('Burrow: Create Scratch Sandbox');
  for (let question = 1; question <= 4; question++) {
    await quickInput.title.filter({ hasText: `${question}/4` }).waitFor();
    await quickInput.accept();
  }
  await quickInput.waitUntilClosed();
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('id -u'), '0');
  const { sandboxes } = await helper.call('sandbox/list', {});
  const { uid } = user.owner;
  assert.equal(sandboxes[0]?.uid, uid);
  const map = readFileSync(`/proc/${sandboxes[0]?.pid}/uid_map`, 'utf8').trim().split(/\s+/).map(Number);
  assert.deepEqual(map.slice(0, 3), [0, uid, 1]);
});

step('a file of this user runs in a sandbox, and within its limits', async ({ workbench: { quickInput, terminal }, workbench }) => {
  await workbench.edit('limits.sh', 'id -u\ncat /root/.profile 2>/dev/null && echo read\ntouch scratch && echo wrote\nexit 5\n');
  await quickInput.run('Burrow: Run Active File in Sandbox');
  await terminal.waitFor(/^burrow: exit 5$/m);
  const text = await terminal.text();
  assert.match(text, /^0\r?\n[\s\S]*^wrote$/m);
  assert.doesNotMatch(text, /^read$/m);
});
