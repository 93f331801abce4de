import assert from 'node:assert/strict';
import { commands, extensions, workspace } from 'vscode';
import { commandIds, viewIds } from '../../extension/command-ids.ts';
import { settings } from '../../extension/settings.ts';

suite('the extension', () => {
  test('activates', async () => {
    const extension = extensions.getExtension('burrow.burrow');
    assert.ok(extension);
    await extension.activate();
    assert.ok(extension.isActive);
  });

  test('registers every command', async () => {
    const registered = await commands.getCommands(true);
    assert.deepEqual(
      commandIds.filter(id => !registered.includes(id)),
      [],
    );
  });

  test('has its three views', async () => {
    const registered = await commands.getCommands(true);
    for (const id of viewIds) assert.ok(registered.includes(`${id}.focus`), id);
  });

  test('declares every setting with the default that it uses', () => {
    const configuration = workspace.getConfiguration('burrow');
    for (const [key, value] of Object.entries(settings)) assert.equal(configuration.inspect(key)?.defaultValue, value, key);
  });
});
