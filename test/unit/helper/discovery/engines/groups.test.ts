import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Found } from '../../../../../helper/discovery/engines/engine.ts';
import { Groups } from '../../../../../helper/discovery/engines/groups.ts';
import type { Process } from '../../../../../helper/protocol/model.ts';
import { exampleProcess } from './example.ts';

const found = (id: string, over: Partial<Found> = {}): Found => ({
  engine: 'docker',
  id,
  name: id,
  labels: {},
  source: 'cgroup',
  group: `cgroup /docker/${id}`,
  complete: true,
  ...over,
});

/** Init 10 of `outer`, its shell 11, the shim 12 that works in it, and 13, which that shim watches over. */
const processes = new Map<number, Process>(
  [
    { pid: 10, parent: 1, start: 100 },
    { pid: 11, parent: 10, start: 200 },
    { pid: 12, parent: 10, start: 300 },
    { pid: 13, parent: 12, start: 400 },
  ].map(each => [each.pid, exampleProcess(each)]),
);
/** @param others the processes that are not root's word */
function groupsOf(members: Readonly<Record<number, Found>>, ...others: readonly number[]): Groups {
  const groups = new Groups();
  for (const [pid, each] of Object.entries(members)) {
    const process = processes.get(Number(pid));
    if (process) groups.set(process.pid, { process, found: each, isRoots: !others.includes(process.pid) });
  }
  groups.settle(processes);
  return groups;
}

describe('Groups', () => {
  it('lists a container once, with its oldest process', () => {
    const groups = groupsOf({ 11: found('outer'), 10: found('outer') });
    assert.deepEqual(groups.list, [{ engine: 'docker', id: 'outer', name: 'outer', labels: {}, source: 'cgroup', pid: 10, start: 100 }]);
  });

  it('tells by which process a container is known, also when that has ended', () => {
    const groups = groupsOf({ 11: found('outer'), 10: found('outer'), 13: found('inner') });
    const inits = () => [10, 11, 12, 13].filter(pid => groups.isInit(pid));
    assert.deepEqual(inits(), [10, 13]);
    groups.set(10, undefined);
    assert.deepEqual(inits(), [11, 13]);
  });

  it('lets root’s container keep an id that others claim, and then the older one', () => {
    const idsOf = (first: number, second: number, ...others: readonly number[]) =>
      groupsOf({ [first]: found('web', { group: 'a' }), [second]: found('web', { uid: 1000, group: 'b' }) }, ...others).list.map(
        ({ id, pid }) => `${pid} ${id}`,
      );
    assert.deepEqual(idsOf(10, 13, 13), ['10 web', '13 web@13']);
    assert.deepEqual(idsOf(13, 10, 10), ['10 web@10', '13 web']);
    assert.deepEqual(idsOf(10, 13), ['10 web', '13 web@13']);
    assert.deepEqual(idsOf(10, 13, 10, 13), ['10 web', '13 web@13']);
  });

  it('tells one apart that claims the name by which another is told apart', () => {
    const claims = { 10: found('web', { group: 'a' }), 11: found('web@13', { group: 'b' }), 13: found('web', { group: 'c' }) };
    const { list } = groupsOf(claims, 11, 13);
    assert.equal(new Set(list.map(({ id }) => id)).size, 3);
    assert.equal(list.find(({ pid }) => pid === 10)?.id, 'web');
  });

  it('says in which container its engine runs', () => {
    const groups = groupsOf({ 10: found('outer'), 13: found('inner') });
    assert.deepEqual(
      groups.list.map(({ id, within }) => [id, within]),
      [
        ['outer', undefined],
        ['inner', 'outer'],
      ],
    );
  });

  it('takes no service for a container in which an engine runs', () => {
    const groups = groupsOf({ 10: found('docker.service', { engine: 'systemd' }), 13: found('inner') });
    assert.equal(groups.list.find(each => each.id === 'inner')?.within, undefined);
  });

  it('is not led in circles by processes that are each other’s parent', () => {
    const circle = new Map(
      [exampleProcess({ pid: 20, parent: 21 }), exampleProcess({ pid: 21, parent: 20 })].map(each => [each.pid, each]),
    );
    const groups = new Groups();
    groups.set(20, { process: exampleProcess({ pid: 20, parent: 21 }), found: found('web'), isRoots: true });
    assert.equal(groups.settle(circle), true);
    assert.equal(groups.list.length, 1);
  });

  it('gives the same list until something is different', () => {
    const groups = groupsOf({ 10: found('outer') });
    const before = groups.list;
    groups.set(10, { process: exampleProcess({ pid: 10, start: 100 }), found: found('outer'), isRoots: true });
    assert.equal(groups.settle(processes), false);
    assert.equal(groups.list, before);
    groups.set(10, { process: exampleProcess({ pid: 10, start: 100 }), found: found('outer', { name: 'renamed' }), isRoots: true });
    assert.equal(groups.settle(processes), true);
    assert.equal(groups.list[0]?.name, 'renamed');
    groups.set(10, undefined);
    assert.equal(groups.settle(processes), true);
    assert.deepEqual(groups.list, []);
  });
});
