import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enteredFor, fitting, offerOf } from '../../../../extension/terminal/entries.ts';
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

  test('mnt brings what holds its programs, as far as it is offered', () => {
    const container = offerOf(machine, { kind: 'container', id: 'c1' });
    assert.deepEqual(enteredFor(['mnt'], container), ['mnt', 'pid']);
    assert.deepEqual(enteredFor(['net', 'uts'], container), ['net', 'uts']);
  });

  test("nothing is offered of a process that is in the host's only", () => {
    assert.deepEqual(offerOf(machine, { kind: 'process', pid: 70, start: 700 }).namespaces, []);
  });

  test('of a choice made for something alike only what there is here is left', () => {
    const container = offerOf(machine, { kind: 'container', id: 'c1' });
    assert.deepEqual(fitting({ types: ['net', 'user'], user: 'redis' }, container), { types: ['net'], user: 'redis' });
    assert.deepEqual(fitting({ types: ['user'], login: true }, container), { login: true });
    assert.equal(fitting({ types: ['user'] }, container), undefined);
    assert.equal(fitting(undefined, container), undefined);
  });
});
