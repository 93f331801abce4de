import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../extension/machine/machine.ts';
import { goneWords } from '../../../extension/stale.ts';
import { namespaceSubject, type Subject, targetOf } from '../../../extension/subject.ts';
import { namespace, redis, snapshot, web } from './example.ts';

const net = (id: number) => namespace({ type: 'net', inode: 50 }, { id });
const machine = new Machine({ ...snapshot, namespaces: [net(8)] }, [web]);

describe('a command on something that is no more', () => {
  const gone: readonly [Subject, RegExp][] = [
    [namespaceSubject({ type: 'net', inode: 51 }, undefined), /^net:\[51\] is gone/],
    [{ kind: 'process', pid: 4711, start: 1 }, /^Process 4711 has ended$/],
    [{ kind: 'container', id: 'lost' }, /^The container has ended$/],
    [{ kind: 'sandbox', id: 'lost' }, /^The sandbox has been removed$/],
  ];
  for (const [subject, words] of gone) {
    test(`refuses a ${subject.kind} of the tree, and leaves one that may be new to the helper`, () => {
      assert.match(goneWords(machine, subject, true) ?? '', words);
      assert.equal(goneWords(machine, subject, false), undefined);
    });
  }

  test('refuses a number that is another one’s by now, wherever it is from', () => {
    for (const subject of [namespaceSubject(net(7), 7), { kind: 'process', pid: 80, start: 1 } as const])
      assert.match(goneWords(machine, subject, false) ?? '', /its number is that of another one by now$/);
  });

  test('lets pass what is still there', () => {
    const there: readonly Subject[] = [
      namespaceSubject(net(8), 8),
      namespaceSubject(net(8), undefined),
      { kind: 'process', pid: 80, start: 800 },
      { kind: 'container', id: redis.id },
      { kind: 'sandbox', id: web.id },
    ];
    for (const subject of there) assert.equal(goneWords(machine, subject, true), undefined);
  });

  test('the kernel’s own number goes to the helper, who can tell one from another', () => {
    assert.deepEqual(targetOf(namespaceSubject(net(8), 8)), { namespaces: [{ type: 'net', inode: 50, id: 8 }] });
  });
});
