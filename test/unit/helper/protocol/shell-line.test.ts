import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { runnerWords, shellLine, sudoLine } from '../../../../helper/protocol/shell-line.ts';

const node = { node: '/usr/bin/node', isElectron: false, script: '/opt/burrow/dist/burrow.cjs' };
const desktop = { node: '/opt/My Code/code', isElectron: true, script: '/home/ann/.vscode/dist/burrow.cjs' };

describe('a line for a shell', () => {
  it('means its words, whatever is in them', () => {
    const words = ['plain', '', 'a b', "it's", '$HOME', '`id`', '"', '\\', '*', '~', '#', 'a\nb', '-x', ';'];
    const given = execFileSync('sh', ['-c', `printf '%s\\0' ${shellLine(words)}`], { encoding: 'utf8' });
    assert.deepEqual(given.split('\0').slice(0, -1), words);
  });

  it('names the command by its paths, as sudo looks for names elsewhere', () => {
    assert.equal(sudoLine(node, ['serve', '--detach']), 'sudo /usr/bin/node /opt/burrow/dist/burrow.cjs serve --detach');
  });

  it('asks an Electron to be a Node', () => {
    assert.deepEqual(runnerWords(desktop), ['env', 'ELECTRON_RUN_AS_NODE=1', '/opt/My Code/code', '/home/ann/.vscode/dist/burrow.cjs']);
    assert.equal(
      sudoLine(desktop, ['serve']),
      "sudo env ELECTRON_RUN_AS_NODE=1 '/opt/My Code/code' /home/ann/.vscode/dist/burrow.cjs serve",
    );
  });
});
