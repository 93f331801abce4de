import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { containerTree } from '../../../../extension/containers/model.ts';
import { Machine } from '../../../../extension/machine.ts';
import { namespaceTree } from '../../../../extension/namespaces/model.ts';
import { removalWarning, sandboxTree } from '../../../../extension/sandboxes/model.ts';
import type { TreeNode } from '../../../../extension/tree/node.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';
import { host, machine, process, redis, redisInodes, snapshot, web } from '../example.ts';

/** A tree as a person sees it, opened down to `depth`. */
const drawn = (nodes: readonly TreeNode[], depth: number, indent = ''): string[] =>
  nodes.flatMap(({ label, description, children }) => [
    `${indent}${[label, description].filter(Boolean).join(' | ')}`,
    ...(depth > 1 ? drawn(children?.() ?? [], depth - 1, `${indent}  `) : []),
  ]);

const all = (nodes: readonly TreeNode[]): TreeNode[] => nodes.flatMap(each => [each, ...all(each.children?.() ?? [])]);
const find = (nodes: readonly TreeNode[], id: string): TreeNode => {
  const found = all(nodes).find(each => each.id === id);
  assert.ok(found, id);
  return found;
};

describe('the tree of namespaces', () => {
  test('has all eight types, also those of which there is nothing', () => {
    assert.deepEqual(
      namespaceTree(new Machine()).map(each => each.label),
      namespaceTypes.map(type => `${type} (0)`),
    );
  });

  test("shows the host's first, then the named ones, with what tells them apart", () => {
    assert.deepEqual(drawn(namespaceTree(machine).slice(0, 1), 3), [
      'net (4)',
      '  10 | host · 2 processes',
      '    systemd | 1',
      '    bash | 70',
      '  20 | redis-1 · 2 processes · redis-server',
      '    redis-server | 80 · 1 inside',
      '    sh | 81 · 7 inside',
      '  30 | web · 2 processes · burrow-init',
      '    burrow-init | 90 · 1 inside',
      '    bash | 91 · 2 inside',
      '  40 | blue · ip netns · no process',
    ]);
  });

  test("offers no terminal in what is the host's", () => {
    const tree = namespaceTree(machine);
    assert.equal(find(tree, 'net:[10]').context, 'namespace net');
    assert.equal(find(tree, 'net:[20]').context, 'namespace net enterable');
    assert.equal(find(tree, 'net:[10]/process:70:700').context, 'process haspid');
    assert.equal(find(tree, 'net:[20]/process:80:800').context, 'process haspid enterable');
  });

  test('names a process by its start time too', () => {
    assert.deepEqual(find(namespaceTree(machine), 'net:[20]/process:80:800').subject, { kind: 'process', pid: 80, start: 800 });
  });

  test('shows the first 500 of very many processes, and says how many more there are', () => {
    const many = Array.from({ length: 1502 }, (_, index) => process(index + 1, 'p', host));
    const tree = namespaceTree(new Machine({ ...snapshot, processes: many }));
    const children = find(tree, 'net:[10]').children?.() ?? [];
    assert.equal(children.length, 501);
    assert.equal(children.at(-1)?.label, '… and 1,002 more');
  });

  test('shows a hostile process name as text', () => {
    const evil = process(80, '\x1b]0;x\x07\n', redisInodes, { command: '[a](command:x)' });
    const node = find(namespaceTree(new Machine({ ...snapshot, processes: [evil] })), 'net:[20]/process:80:800');
    assert.equal(node.label, '␛]0;x␇␊');
    assert.deepEqual(node.tooltip?.facts[0], ['command', '[a](command:x)']);
  });
});

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
    assert.equal(find(containerTree(machine), 'engine:docker/c1/user:[13]').dimmed, true);
  });

  test('groups the containers of a pod, and says what they share', () => {
    const pod = { engine: 'kubernetes', pod: 'default/web', image: undefined };
    const one = { ...redis, ...pod, id: 'k1', name: 'app', pid: 80 };
    const two = { ...redis, ...pod, id: 'k2', name: 'sidecar', pid: 81 };
    const tree = containerTree(new Machine({ ...snapshot, containers: [two, one] }));
    assert.deepEqual(drawn(tree, 4).slice(0, 4), [
      'kubernetes | 2',
      '  default/web | 2 containers',
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
  for (const tree of [namespaceTree, containerTree, sandboxTree]) {
    const ids = all(tree(machine)).map(each => each.id);
    assert.equal(new Set(ids).size, ids.length);
  }
});
