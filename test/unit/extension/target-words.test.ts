import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refused } from '../../../extension/helper-client/errors.ts';
import { Machine } from '../../../extension/machine/machine.ts';
import { subjectOfWords, wordsOfSubject } from '../../../extension/target-words.ts';
import type { Container } from '../../../helper/protocol/model.ts';
import { machine, redis, snapshot } from './example.ts';

describe('a target in words', () => {
  const known = [
    ['sandbox:web', { kind: 'sandbox', id: 's1' }],
    ['container:redis-1', { kind: 'container', id: 'c1' }],
    ['netns:blue', { kind: 'namespace', key: { type: 'net', inode: 40 } }],
    ['pid:80', { kind: 'process', pid: 80, start: 800 }],
    ['net:20', { kind: 'namespace', key: { type: 'net', inode: 20 } }],
    ['user:33', { kind: 'namespace', key: { type: 'user', inode: 33 } }],
  ] as const;

  for (const [words, subject] of known) {
    test(`${words} is found, and written down again as it was`, () => {
      assert.deepEqual(subjectOfWords(machine, words), subject);
      assert.equal(wordsOfSubject(machine, subject), words);
    });
  }

  test('may be the id of a container, and have blanks around it', () => {
    assert.deepEqual(subjectOfWords(machine, ' container:c1 '), { kind: 'container', id: 'c1' });
  });

  test('that several containers are called is refused, and written down as what only one is', () => {
    const other: Container = { ...redis, id: 'c1@90', name: 'c1', pid: 90, uid: 1000 };
    const both = new Machine({ ...snapshot, containers: [redis, other] });
    assert.throws(() => subjectOfWords(both, 'container:c1'), new Refused('2 containers are called c1: use the pid of one'));
    assert.equal(wordsOfSubject(both, { kind: 'container', id: 'c1' }), 'container:redis-1');
    assert.equal(wordsOfSubject(both, { kind: 'container', id: 'c1@90' }), 'container:c1@90');
  });

  test('that is not there is refused by its name', () => {
    for (const words of ['sandbox:gone', 'container:x', 'netns:red', 'pid:7', 'pid:x', 'pid:1e1', 'net:999'])
      assert.throws(() => subjectOfWords(machine, words), new Refused(`There is no ${words} on this machine now`), words);
  });

  test('that is none is refused with what would be one', () => {
    for (const words of ['web', 'sandbox:', ':web', 'constructor:x', 'SANDBOX:web', ''])
      assert.throws(() => subjectOfWords(machine, words), /is no target: use sandbox:NAME/, words);
  });
});
