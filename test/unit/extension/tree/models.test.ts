import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { containerTree } from '../../../../extension/containers/model.ts';
import { Machine } from '../../../../extension/machine/machine.ts';
import { removalWarning, sandboxTree } from '../../../../extension/sandboxes/model.ts';
import { all, drawn, find } from '../drawing.ts';
import { machine, redis, snapshot, web } from '../example.ts';

describe('the tree of containers', () => {
  test("shows what a container has of its own, then what is the host's", () => {
    assert.deepEqual(drawn(containerTree(machine), 3), [
      'docker | 1',
      '  redis-1 | redis:7 · pid 80',
      '    net 20 | own',
      '    mnt 21 | own',
      '    pid 22 | own',
      '    uts 24 | own',
      '    ipc 25 | own',
      "    user | host's",
      "    cgroup | host's",
      "    time | host's",
      '    processes (2)',
    ]);
    assert.equal(find(containerTree(machine), 'engine:docker/c1/user:[13]').tone, 'dimmed');
  });

  test('groups the containers of a pod, and says what they share', () => {
    const pod = { engine: 'kubernetes', pod: 'default/web', image: undefined };
    const one = { ...redis, ...pod, id: 'k1', name: 'app', pid: 80 };
    const two = { ...redis, ...pod, id: 'k2', name: 'sidecar', pid: 81 };
    const tree = containerTree(new Machine({ ...snapshot, containers: [two, one] }));
    assert.deepEqual(drawn(tree, 4).slice(0, 4), [
      'kubernetes | 2',
      '  default / web | 2 containers',
      '    app | pid 80',
      '      net 20 | shared with sidecar',
    ]);
  });

  test('shows a container whose init has just ended', () => {
    assert.deepEqual(drawn(containerTree(new Machine({ ...snapshot, processes: [] })), 3).slice(1), [
      '  redis-1 | redis:7 · pid 80',
      '    processes (0)',
    ]);
  });
});

describe('the tree of sandboxes', () => {
  test('shows address and processes, and below them the namespaces', () => {
    assert.deepEqual(drawn(sandboxTree(machine), 2).slice(0, 3), [
      'web | 10.201.0.2 · 2 processes',
      '  net 30 | own · eth0 10.201.0.2',
      '  mnt 31 | own',
    ]);
    assert.match(find(sandboxTree(machine), 'sandbox:s1').context, /removable/);
  });

  test('shows one whose init has ended', () => {
    assert.deepEqual(drawn(sandboxTree(new Machine({ ...snapshot, processes: [] }, [{ ...web, networks: [] }])), 1), ['web | no process']);
  });

  test('removing it is asked about only when something runs in it', () => {
    assert.equal(removalWarning(machine, web), 'Its process is ended; nothing of it stays.');
    const idle = snapshot.processes.filter(each => each.pid !== 91);
    assert.equal(removalWarning(new Machine({ ...snapshot, processes: idle }, [web]), web), undefined);
  });
});

test('every node of every tree has an id of its own', () => {
  for (const tree of [containerTree, sandboxTree]) {
    const ids = all(tree(machine)).map(each => each.id);
    assert.equal(new Set(ids).size, ids.length);
  }
});
