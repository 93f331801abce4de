import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { containerTree } from '../../../../extension/containers/model.ts';
import { Machine } from '../../../../extension/machine/machine.ts';
import { removalWarning, sandboxTree } from '../../../../extension/sandboxes/model.ts';
import type { Sandbox } from '../../../../helper/protocol/model.ts';
import { all, drawn, find } from '../drawing.ts';
import { machine, redis, snapshot, web, webInodes } from '../example.ts';

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

  test('tells the engines of users apart', () => {
    const podman = { ...redis, engine: 'podman', id: 'p1', name: 'mine', uid: 1000 };
    const tree = containerTree(new Machine({ ...snapshot, containers: [{ ...redis, engine: 'podman' }, podman] }));
    assert.deepEqual(drawn(tree, 2), ['podman | 1', '  redis-1 | redis:7 · pid 80', 'podman (user 1000) | 1', '  mine | redis:7 · pid 80']);
  });

  test("shows containerd's own namespaces, and those of others as what they are", () => {
    const of = (id: string, space: string, engine = 'containerd') => ({ ...redis, engine, id, name: id, space });
    const containers = [of('a', 'default'), of('b', 'ci'), of('c', 'default'), of('d', 'moby', 'docker')];
    assert.deepEqual(
      drawn(containerTree(new Machine({ ...snapshot, containers })), 3)
        .filter(line => !line.startsWith('      '))
        .slice(0, 8),
      [
        'containerd | 3',
        '  ci | containerd namespace · 1 container',
        '    b | redis:7 · pid 80',
        '  default | containerd namespace · 2 containers',
        '    a | redis:7 · pid 80',
        '    c | redis:7 · pid 80',
        'docker | 1',
        '  d | redis:7 · pid 80',
      ],
    );
  });

  test('shows the containers of an engine in a container inside of it', () => {
    const inner = { ...redis, id: 'inner', name: 'inner', pid: 81, within: 'c1' };
    const tree = containerTree(new Machine({ ...snapshot, containers: [redis, inner] }));
    assert.deepEqual(
      tree.map(each => each.description),
      ['1'],
    );
    assert.equal(find(tree, 'engine:docker/c1/engine:docker/inner').label, 'inner');
  });

  test('shows containers that claim to be in one another, or in one that is not there', () => {
    const containers = [
      { ...redis, id: 'a', name: 'a', within: 'b' },
      { ...redis, id: 'b', name: 'b', pid: 81, within: 'a' },
      { ...redis, id: 'c', name: 'c', within: 'lost' },
      { ...redis, id: 'd', name: 'd', within: 'd' },
    ];
    const shown = all(containerTree(new Machine({ ...snapshot, containers }))).flatMap(({ subject }) =>
      subject?.kind === 'container' ? [subject.id] : [],
    );
    assert.deepEqual(shown.sort(), ['a', 'b', 'c', 'd']);
  });

  test('all of very many can be reached', () => {
    const containers = Array.from({ length: 1300 }, (_, index) => ({ ...redis, id: `c${index}`, name: `web-${index}` }));
    const tree = containerTree(new Machine({ ...snapshot, containers }));
    assert.deepEqual(drawn(tree, 2), [
      'docker | 1300',
      '  web-0 – web-511 | 512',
      '  web-512 – web-1023 | 512',
      '  web-1024 – web-1299 | 276',
    ]);
  });

  test('says where a name is from, and what else is known of it', () => {
    const full = { ...redis, pod: 'default/web', space: 'k8s.io', uid: 1000, within: 'c9', labels: { app: '**x**' } };
    const { facts } = find(
      containerTree(new Machine({ ...snapshot, containers: [full] })),
      'engine:docker:1000/pod:default/web/c1',
    ).tooltip?.() ?? {
      facts: [],
    };
    assert.deepEqual(facts, [
      ['engine', 'docker'],
      ['id', 'c1'],
      ['image', 'redis:7'],
      ['pid', '80'],
      ['pod', 'default/web'],
      ['containerd namespace', 'k8s.io'],
      ['engine of user', '1000'],
      ['engine runs in', 'c9'],
      ['name from', 'docker API'],
      ['label app', '**x**'],
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

  test('says whose a namespace is that it has joined', () => {
    const joined = { ...web, namespaces: { ...webInodes, net: 20, uts: 14 }, networks: [] };
    const other = { ...web, id: 's2', name: 'other', namespaces: { ...webInodes, mnt: 99 } };
    const shown = drawn(sandboxTree(new Machine(snapshot, [joined, other])), 2);
    assert.ok(shown.includes('  net 20 | shared with redis-1'), shown.join('\n'));
    assert.ok(shown.includes("  uts 14 | host's"));
    assert.ok(shown.includes('  pid 32 | shared with other'));
    assert.ok(shown.includes('  mnt 31 | own'));
  });

  test('shows one that is kept without a process, and offers for it nothing that needs one', () => {
    const { pid: _, ...kept } = web;
    const [node] = sandboxTree(new Machine(snapshot, [{ ...kept, root: undefined }]));
    assert.equal(node?.description, '10.201.0.2 · no process · kept');
    assert.equal(node?.context, 'sandbox enterable ownnet ownmnt ownpid removable');
  });

  test('shows what it uses where that is known, in the row and in the tooltip', () => {
    const known = { runOf: () => undefined, usageOf: () => ({ memoryBytes: 24 * 2 ** 20, cpuSeconds: 1.5 }) };
    const limited: Sandbox = { ...web, limits: { memory: 2 ** 28, processes: 64 }, persist: false, notices: ['no limit of swap here'] };
    const [node] = sandboxTree(new Machine(snapshot, [limited]), known);
    assert.equal(node?.description, '10.201.0.2 · 2 processes · 24 MB');
    assert.deepEqual(node?.tooltip?.().facts.slice(3), [
      ['files', 'discard'],
      ['eth0', '10.201.0.2/30, at the host bw0 10.201.0.1/30'],
      ['memory used', '24 MB'],
      ['CPU time used', '1.5 s'],
      ['limit of memory', '256 MB'],
      ['limit of processes', '64'],
      ['stays', 'until the window that made it is closed'],
      ['note', 'no limit of swap here'],
    ]);
  });

  test('shows a run by its program, and stops it instead of removing it', () => {
    const run = { sandbox: 's1', program: 'a.out', wallSeconds: 5, began: 0 };
    const [node] = sandboxTree(machine, { runOf: () => run, usageOf: () => ({}) });
    assert.equal(node?.description, 'running a.out · at most 5 s');
    assert.equal(node?.context, 'sandbox enterable ownnet ownmnt ownpid haspid discards running');
  });

  test('removing it is asked about only when something runs in it or is lost with it', () => {
    assert.equal(removalWarning(machine, web, 0), 'Its process is ended; nothing of it stays.');
    const idle = new Machine({ ...snapshot, processes: snapshot.processes.filter(each => each.pid !== 91) }, [web]);
    assert.equal(removalWarning(idle, web, 0), undefined);
    assert.equal(removalWarning(idle, web, 1), 'A file that it changed vanishes; nothing of it stays.');
    assert.equal(removalWarning(machine, web, 3), 'Its process is ended, 3 files that it changed vanish; nothing of it stays.');
  });
});

test('every node of every tree has an id of its own', () => {
  for (const tree of [containerTree, sandboxTree]) {
    const ids = all(tree(machine)).map(each => each.id);
    assert.equal(new Set(ids).size, ids.length);
  }
});
