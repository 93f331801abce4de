import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../../extension/machine/machine.ts';
import {
  type Container,
  type Namespace,
  type NamespaceInodes,
  type NamespaceKey,
  namespaceTypes,
  noHolders,
  type Process,
  type Sandbox,
  type Snapshot,
} from '../../../../helper/protocol/model.ts';
import { difference } from '../../../support/snapshots.ts';
import { type Next, random } from '../../random.ts';
import { web } from '../example.ts';

const seeds = 150;
const stepsPerSeed = 6;
const count = 10;

/** Few inodes and few pids, so that they are given out again, also to something of another kind. */
const inodeOf = (next: Next): number => 1 + next(count);

function inodes(next: Next): NamespaceInodes {
  const some = namespaceTypes.filter(() => next(3) > 0);
  return Object.fromEntries(some.map(type => [type, inodeOf(next)]));
}

const some = <T>(next: Next, make: (key: number) => T): T[] =>
  Array.from({ length: count }, (_, key) => key + 1).flatMap(key => (next(2) === 0 ? [make(key)] : []));

function snapshot(next: Next): Snapshot {
  return {
    namespaces: namespaceTypes.flatMap(type =>
      some(next, (inode): Namespace => {
        const known = { ...(next(3) ? { owner: inodeOf(next) } : {}), ...(next(3) ? { parent: inodeOf(next) } : {}) };
        const holders = { ...noHolders, processes: next(2) };
        return { type, inode, ...known, ...(next(4) ? {} : { name: `n${inode}` }), initial: next(6) === 0, holders };
      }),
    ),
    processes: some(
      next,
      (pid): Process => ({
        pid,
        parent: next(count),
        start: next(3),
        name: pid === 2 ? 'kthreadd' : `p${next(2)}`,
        command: next(2) ? 'x' : '',
        uid: 0,
        namespaces: inodes(next),
        pids: [pid],
      }),
    ),
    containers: some(
      next,
      (key): Container => ({
        engine: 'runc',
        id: `c${key}`,
        name: `n${next(2)}`,
        pid: inodeOf(next),
        start: 1,
        labels: {},
        source: 'cgroup',
      }),
    ),
    gaps: next(2) ? [] : [{ subject: 'pid 7', reason: 'EACCES' }],
  };
}

/** Every question that can be asked of a machine, with its answer. */
function answers(machine: Machine): unknown {
  const keys: NamespaceKey[] = namespaceTypes.flatMap(type => Array.from({ length: count + 1 }, (_, inode) => ({ type, inode })));
  const pids = Array.from({ length: count + 2 }, (_, pid) => pid);
  return {
    ofKeys: keys.map(key => [
      machine.namespace(key),
      machine.members(key).map(each => each.pid),
      machine.sharing(key).map(each => each.id),
      machine.sandboxWith(key)?.id,
    ]),
    ofTypes: namespaceTypes.map(type => [
      machine.inodes(type),
      [...machine.namespacesOf(type).keys()].sort(),
      [...machine.claimed(type)].sort(),
    ]),
    ofPids: pids.map(pid => {
      const process = machine.process(pid);
      return [
        process,
        process && machine.isKernelThread(process),
        machine.childrenOf(pid).map(each => each.pid),
        machine.belonging(pid).map(each => each.pid),
        machine.containerOfInit(pid)?.id,
        machine
          .ownedBy(pid)
          .map(each => `${each.inode} ${each.type}`)
          .sort(),
        machine.nestedIn(pid).map(each => each.inode),
      ];
    }),
    ownerless: machine
      .ownerless()
      .map(each => `${each.type} ${each.inode}`)
      .sort(),
    containers: [...machine.containers.keys()].sort(),
    gaps: machine.gaps,
  };
}

/** With one namespace of each type at most that is the machine's first: two would be no machine. */
const consistent = ({ namespaces, ...rest }: Snapshot): Snapshot => {
  const seen = new Set<string>();
  const once = namespaces.map(each => {
    const initial = each.initial && !seen.has(each.type);
    if (initial) seen.add(each.type);
    return { ...each, initial };
  });
  return { ...rest, namespaces: once };
};

const kept: Sandbox = { ...web, namespaces: { net: 3, user: 4 } };

describe('a machine that follows differences', () => {
  test(`answers as one that is made anew, for ${seeds} seeds`, () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const next = random(seed);
      let before: Snapshot = { namespaces: [], processes: [], containers: [], gaps: [] };
      const machine = new Machine(before, [kept], { helperPid: 5 });
      for (let step = 0; step < stepsPerSeed; step++) {
        const after = consistent(snapshot(next));
        machine.apply(difference(before, after));
        assert.deepEqual(answers(machine), answers(new Machine(after, [kept], { helperPid: 5 })), `seed ${seed}, step ${step}`);
        before = after;
      }
    }
  });

  test('is empty again when everything has gone', () => {
    const next = random(7);
    const all = snapshot(next);
    const machine = new Machine(all);
    machine.apply(difference(all, { namespaces: [], processes: [], containers: [], gaps: [] }));
    assert.deepEqual(answers(machine), answers(new Machine()));
  });
});
