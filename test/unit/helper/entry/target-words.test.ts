import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTarget } from '../../../../helper/entry/target-words.ts';
import type { Target } from '../../../../helper/protocol/target.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const good: readonly (readonly [readonly string[], string | undefined, Target])[] = [
  [['pid:812'], undefined, { pid: 812 }],
  [['pid:812/815'], undefined, { pid: 812, thread: 815 }],
  [['pid:812'], 'net,mnt', { pid: 812, types: ['net', 'mnt'] }],
  [['container:redis-1'], undefined, { container: 'redis-1' }],
  [['container:a:b'], undefined, { container: 'a:b' }],
  [['sandbox:web'], undefined, { sandbox: 'web' }],
  [['net:4026532345'], undefined, { namespaces: [{ type: 'net', inode: 4_026_532_345 }] }],
  // Alone it is a process, among namespaces one of them.
  [
    ['net:1', 'pid:812'],
    undefined,
    {
      namespaces: [
        { type: 'net', inode: 1 },
        { type: 'pid', inode: 812 },
      ],
    },
  ],
  [
    ['net:4026532345', 'uts:4026532346'],
    undefined,
    {
      namespaces: [
        { type: 'net', inode: 4_026_532_345 },
        { type: 'uts', inode: 4_026_532_346 },
      ],
    },
  ],
];

const grammar = 'use pid:812, container:NAME, sandbox:NAME, netns:NAME or TYPE:INODE.';
const bad: readonly (readonly [readonly string[], string | undefined, Refusal])[] = [
  ...['812', 'pid:', 'pid:0', 'pid:-1', 'pid:08', 'pid:1e3', 'container:', 'network:1', 'net:0', 'net:x', '', ':'].map(
    word => [[word], undefined, new Refusal('invalid', `${JSON.stringify(word)} is no target: ${grammar}`, { subject: word })] as const,
  ),
  [['net:1', 'container:web'], undefined, new Refusal('invalid', `"container:web" is no target: ${grammar}`, { subject: 'container:web' })],
  [
    ['pid:812'],
    'net,network',
    new Refusal('invalid', '"network" is no type of namespace: use net, mnt, pid, user, uts, ipc, cgroup, time.', { subject: 'network' }),
  ],
  [['netns:no-such-name'], undefined, new Refusal('unknown', 'ip netns has no no-such-name.', { subject: 'no-such-name' })],
  [['netns:../init'], undefined, new Refusal('invalid', '"../init" is no name of ip netns.', { subject: '../init' })],
  [['netns:..'], undefined, new Refusal('invalid', '".." is no name of ip netns.', { subject: '..' })],
];

describe('parseTarget', () => {
  for (const [words, types, target] of good)
    it(`reads ${words.join(' ')}${types ? ` --types ${types}` : ''}`, () => assert.deepEqual(parseTarget(words, types), target));
  for (const [words, types, refusal] of bad)
    it(`refuses ${JSON.stringify(words)}${types ? ` --types ${types}` : ''}: ${refusal.message}`, () =>
      assert.throws(() => parseTarget(words, types), refusal));
});
