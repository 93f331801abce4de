import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Difference } from '../../../../helper/protocol/difference.ts';
import {
  type Container,
  type Namespace,
  namespaceTypes,
  noHolders,
  type Process,
  type Snapshot,
} from '../../../../helper/protocol/model.ts';
import { apply, difference, isEmpty } from '../../../support/snapshots.ts';
import { random } from '../../random.ts';

const SEEDS = 200;

/** Few keys and few values, so that two snapshots share some objects, and some of those with changes. */
function snapshot(next: (below: number) => number): Snapshot {
  const some = <T>(make: (key: number) => T): T[] =>
    Array.from({ length: 12 }, (_, key) => key).flatMap(key => (next(2) === 0 ? [make(key)] : []));
  const namespaces = some((key): Namespace => {
    const type = namespaceTypes[key % namespaceTypes.length] ?? 'net';
    const holders = { ...noHolders, processes: next(3) };
    return { type, inode: 1 + key, initial: next(2) === 0, holders };
  });
  const processes = some(
    (key): Process => ({
      pid: 1 + key,
      parent: next(3),
      start: next(2),
      name: `p${next(2)}`,
      command: '',
      uid: 0,
      namespaces: {},
      pids: [1 + key],
    }),
  );
  const containers = some(
    (key): Container => ({ engine: 'runc', id: `c${key}`, name: `n${next(2)}`, pid: 1 + key, start: 1, labels: {}, source: 'cgroup' }),
  );
  return { namespaces, processes, containers, gaps: next(2) === 0 ? [] : [{ subject: 'pid 7', reason: 'EACCES' }] };
}

const byKey = ({ namespaces, processes, containers, gaps }: Snapshot) => ({
  namespaces: Object.fromEntries(namespaces.map(each => [`${each.type}:${each.inode}`, each])),
  processes: Object.fromEntries(processes.map(each => [each.pid, each])),
  containers: Object.fromEntries(containers.map(each => [each.id, each])),
  gaps,
});

describe('difference', () => {
  it(`leads from one snapshot to the next, for ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const next = random(seed);
      const [before, after] = [snapshot(next), snapshot(next)];
      // As it crosses the socket.
      const change = Difference.parse(JSON.parse(JSON.stringify(difference(before, after))));
      assert.deepEqual(byKey(apply(before, change)), byKey(after), `seed ${seed}`);
    }
  });

  it(`is empty between a snapshot and itself, and between no other two, for ${SEEDS} seeds`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const next = random(seed);
      const [one, other] = [snapshot(next), snapshot(next)];
      assert.ok(isEmpty(difference(one, structuredClone(one))), `seed ${seed}`);
      const { gaps: _, ...before } = byKey(one);
      const { gaps: __, ...after } = byKey(other);
      assert.equal(isEmpty(difference(one, other)), JSON.stringify(before) === JSON.stringify(after), `seed ${seed}`);
    }
  });

  it('holds whole objects that changed, and only the keys of those that went', () => {
    const process: Process = { pid: 7, parent: 1, start: 5, name: 'a', command: 'a', uid: 0, namespaces: {}, pids: [7] };
    const before: Snapshot = { namespaces: [], processes: [process, { ...process, pid: 8 }], containers: [], gaps: [] };
    const after: Snapshot = { ...before, processes: [{ ...process, name: 'b' }] };
    const { changed, removed, added } = difference(before, after);
    assert.deepEqual(changed.processes, [{ ...process, name: 'b' }]);
    assert.deepEqual(removed.processes, [8]);
    assert.deepEqual(added.processes, []);
  });
});
