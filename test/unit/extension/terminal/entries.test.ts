import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { entryOf, offerOf, targetWith } from '../../../../extension/terminal/entries.ts';
import { machine } from '../example.ts';

describe('what a terminal enters', () => {
  test("of a container all that is not the host's is offered and chosen", () => {
    const { through, namespaces } = offerOf(machine, { kind: 'container', id: 'c1' });
    assert.deepEqual(through, { kind: 'container', id: 'c1' });
    assert.deepEqual(
      namespaces.map(({ key, picked }) => [key.type, picked]),
      [
        ['net', true],
        ['mnt', true],
        ['pid', true],
        ['uts', true],
        ['ipc', true],
      ],
    );
  });

  test('of a namespace only it is chosen, and its inhabitant has the others', () => {
    const { through, namespaces } = offerOf(machine, { kind: 'namespace', key: { type: 'pid', inode: 22 } });
    assert.deepEqual(through, { kind: 'process', pid: 80, start: 800 });
    assert.deepEqual(
      namespaces.filter(({ picked }) => picked).map(({ key }) => key),
      [{ type: 'pid', inode: 22 }],
    );
    assert.equal(namespaces.length, 5);
  });

  test('of a namespace without a process there is only itself', () => {
    const blue = { kind: 'namespace', key: { type: 'net', inode: 40 } } as const;
    assert.deepEqual(offerOf(machine, blue), { through: blue, namespaces: [{ key: blue.key, picked: true }] });
  });

  test("nothing is offered of a process that is in the host's only", () => {
    assert.deepEqual(offerOf(machine, { kind: 'process', pid: 70, start: 700 }).namespaces, []);
  });

  test('the types narrow the target', () => {
    assert.deepEqual(targetWith({ kind: 'container', id: 'c1' }, ['net']), { container: 'c1', types: ['net'] });
    assert.deepEqual(targetWith({ kind: 'sandbox', id: 's1' }, undefined), { sandbox: 's1' });
  });

  test('a command wins over the shell of the settings, and nothing over neither', () => {
    const target = { sandbox: 's1' };
    assert.deepEqual(entryOf(target, ['ls', '-l'], '/bin/fish'), { target, command: ['ls', '-l'] });
    assert.deepEqual(entryOf(target, [], '/bin/fish'), { target, command: ['/bin/fish'] });
    assert.deepEqual(entryOf(target, [], ''), { target });
  });
});
