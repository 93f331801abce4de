import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after } from 'node:test';
import { readDefinitions } from '../../helper/protocol/definition/file.ts';
import { eventually } from '../support/eventually.ts';
import { scene } from './workbench/scene.ts';

const kept = `/var/tmp/burrow-kept-${process.pid}`;
const step = scene('definition', {});
after(() => rmSync(kept, { force: true }));

const lab = `// two machines
{
  "sandboxes": {
    "left": { "root": "discard", "network": "none", "limits": { "memory": "128M", "processes": 64 } },
    "right": { "root": "readonly", "network": "none" },
  }
}
`;

step('of a file with several sandboxes the person chooses one', async ({ workbench: { quickInput, editor, page }, workbench }) => {
  // The palette offers plans only where there is somebody to make them.
  await workbench.statusBar.entry('Burrow').locator('.codicon-shield').waitFor();
  await workbench.edit('lab.burrow.jsonc', lab);
  await quickInput.run('Burrow: Show Plan');
  await quickInput.row('left').waitFor();
  await quickInput.row('right').waitFor();
  await page.keyboard.press('Enter');
  await editor.tab('plan of left').waitFor();
  await editor.waitFor(/^helper {2}write the record /m);
});

step('a plan can be copied as shell commands', async ({ workbench }) => {
  const { quickInput, notifications, editor } = workbench;
  await quickInput.run('Burrow: Copy as Shell Commands');
  const said = 'The commands that make left are in the clipboard.';
  await notifications.toast(said).waitFor();
  assert.match(await workbench.copied(), /^#!\/bin\/(?:ba)?sh[\s\S]*unshare/);
  await notifications.press(said, 'Open');
  await editor.waitFor(/^#!\/bin\/sh\n# Sandbox left/);
});

step('a mistake is said in words, at its place', async ({ workbench: { quickInput, notifications }, workbench }) => {
  await workbench.edit('wrong.burrow.jsonc', '{ "name": "wrong", "limits": { "memory": "12Q" } }\n');
  await quickInput.run('Burrow: Create Sandbox from This File');
  await notifications.toast(/^In wrong\.burrow\.jsonc, limits\.memory must be/).waitFor();
});

step('one of them is made', async ({ workbench: { quickInput, terminal, sandboxes, page }, workbench }) => {
  await workbench.edit('lab.burrow.jsonc', lab);
  await quickInput.run('Burrow: Create Sandbox from This File');
  await quickInput.row('left').waitFor();
  await page.keyboard.press('Enter');
  await terminal.waitUntilFocused();
  assert.equal(await terminal.run('hostname'), 'left');
  await sandboxes.row(/^left \d+ process/).waitFor();
});

step('its limits are shown with what it uses', async ({ workbench: { sandboxes, quickInput } }) => {
  await sandboxes.choose(/^left/, 'Change Limits…');
  await quickInput.row(/^Memory.*128 MB · .* used now/).waitFor();
  await quickInput.row(/^Processors.*no limit/).waitFor();
});

step('a limit that is none is refused while it is typed', async ({ workbench: { quickInput } }) => {
  await quickInput.choose(/^Memory/);
  await quickInput.title.filter({ hasText: '2/2' }).waitFor();
  assert.equal(await quickInput.input.inputValue(), '128M');
  await quickInput.type('12Q');
  await quickInput.message.filter({ hasText: 'memory must be' }).waitFor();
});

step('limits can be changed and taken away while it runs', async ({ workbench: { sandboxes, quickInput, notifications }, helper }) => {
  await quickInput.type('256M');
  await quickInput.accept();
  await notifications.toast('Memory of left: 256 MB.').waitFor();
  const limits = async () => (await helper.call('sandbox/list', {})).sandboxes[0]?.limits;
  assert.deepEqual(await limits(), { memory: 256 * 2 ** 20, processes: 64 });
  await sandboxes.choose(/^left/, 'Change Limits…');
  await quickInput.choose(/^Processes/);
  await quickInput.title.filter({ hasText: '2/2' }).waitFor();
  await quickInput.type('');
  await quickInput.accept();
  await notifications.toast('Processes of left: no limit.').waitFor();
  assert.deepEqual(await limits(), { memory: 256 * 2 ** 20 });
});

step('a signal reaches what runs in it', async ({ workbench: { sandboxes, quickInput }, helper }) => {
  const [sandbox] = (await helper.call('sandbox/list', {})).sandboxes;
  await sandboxes.choose(/^left/, 'Send Signal…');
  await quickInput.choose(/^SIGCONT/);
  await quickInput.waitUntilClosed();
  // It lives on: SIGCONT is what an init may take at any time.
  assert.equal((await helper.call('sandbox/list', {})).sandboxes[0]?.pid, sandbox?.pid);
});

step('the files that it changed are listed', async ({ workbench: { sandboxes, quickInput, terminal } }) => {
  await terminal.focus();
  await terminal.run(`echo precious > ${kept}; echo worthless > ${kept}-not`);
  await sandboxes.choose(/^left/, 'Show Changed Files…');
  await quickInput.row(new RegExp(`${kept}-not, added · 10 bytes`)).waitFor();
  await quickInput.row(new RegExp(`${kept}, added · 9 bytes`)).waitFor();
  assert.ok(!existsSync(kept));
});

step('and those that are chosen are kept', async ({ workbench: { quickInput, notifications } }) => {
  await quickInput.choose(new RegExp(`${kept}, `));
  await quickInput.accept();
  await notifications.toast('1 file of left is on this machine now.').waitFor();
  assert.equal(readFileSync(kept, 'utf8'), 'precious\n');
  assert.ok(!existsSync(`${kept}-not`));
});

step('New Sandbox Like This opens a definition like it', async ({ workbench: { sandboxes, editor, page }, workbench }) => {
  await sandboxes.choose(/^left/, 'New Sandbox Like This');
  await editor.tab(/^left(?:-\d+)?\.burrow\.jsonc/).waitFor();
  await editor.waitFor(/^\/\/ Like left\./);
  // All of it, which is more than the editor draws.
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Control+C');
  const text = await eventually('the definition in the clipboard', async () => {
    const copied = await workbench.copied();
    return copied.startsWith('// Like left') && copied;
  });
  const read = readDefinitions(text);
  assert.ok('definitions' in read, JSON.stringify(read));
  assert.deepEqual([read.definitions[0]?.root, read.definitions[0]?.limits.memory], ['discard', 256 * 2 ** 20]);
});

step('removing it says what is lost', async ({ workbench: { sandboxes, notifications } }) => {
  await sandboxes.choose(/^left/, /^Remove/);
  await notifications.dialog.filter({ hasText: /files that it changed vanish; nothing of it stays/ }).waitFor();
});

step('and offers to keep it', async ({ workbench: { sandboxes, notifications, quickInput }, helper }) => {
  await notifications.answer('Keep Files…');
  await quickInput.row(new RegExp(`${kept}-not`)).waitFor();
  await quickInput.leave();
  await notifications.answer('Remove');
  await sandboxes.row(/^left/).waitFor({ state: 'detached' });
  await eventually('the end of left', async () => (await helper.call('sandbox/list', {})).sandboxes.length === 0);
});
