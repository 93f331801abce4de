import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { commands, Uri, window, workspace } from 'vscode';
import type { Shown } from '../../extension/documents/address.ts';
import { scheme } from '../../extension/documents/scheme.ts';

const inode = Number(readlinkSync('/proc/self/ns/net').replace(/\D/g, ''));

/** These need a helper, and so somebody who may start one. */
suite('with a helper', () => {
  suiteSetup(async function () {
    if (process.getuid?.() !== 0) this.skip();
    await commands.executeCommand('burrow.helper.start');
  });

  test('the details of a namespace are a YAML document', async () => {
    const shown: Shown = { kind: 'namespace', key: { type: 'net', inode } };
    const document = await workspace.openTextDocument(Uri.from({ scheme, path: `/net ${inode}`, query: JSON.stringify(shown) }));
    assert.equal(document.languageId, 'yaml');
    assert.match(document.getText(), new RegExp(`net:\\[${inode}\\]`));
    assert.match(document.getText(), /^interfaces:/m);
  });

  test('the details of a namespace that is gone say so', async () => {
    const shown: Shown = { kind: 'namespace', key: { type: 'net', inode: 1 } };
    const document = await workspace.openTextDocument(Uri.from({ scheme, path: '/net 1', query: JSON.stringify(shown) }));
    assert.match(document.getText(), /gone|ended|no longer/);
  });

  test('a command of another extension opens a terminal in a namespace', async () => {
    const before = window.terminals.length;
    await commands.executeCommand('burrow.terminal.open', { kind: 'namespace', key: { type: 'net', inode } });
    assert.equal(window.terminals.length, before + 1);
    assert.equal(window.terminals.at(-1)?.name, `net:${inode}`);
    window.terminals.at(-1)?.dispose();
  });

  test('a command with an argument that is no subject does nothing with it', async () => {
    const before = window.terminals.length;
    void commands.executeCommand('burrow.terminal.open', { kind: 'namespace', key: { type: '../../etc', inode: '1; reboot' } });
    await commands.executeCommand('workbench.action.closeQuickOpen');
    assert.equal(window.terminals.length, before);
  });
});
