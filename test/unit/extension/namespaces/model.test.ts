import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../../extension/machine/machine.ts';
import { describeArrangement, groupings } from '../../../../extension/namespaces/arrangement.ts';
import { namespaceTree } from '../../../../extension/namespaces/model.ts';
import { type Namespace, namespaceTypes, noHolders, type Process } from '../../../../helper/protocol/model.ts';
import { all, by, drawn, find } from '../drawing.ts';
import { host, machine, namespace, process, redisInodes, snapshot, web } from '../example.ts';
import { unusual, unusualSnapshot } from '../unusual.ts';

describe('namespaces by type', () => {
  test('has all eight types, also those of which there is nothing', () => {
    assert.deepEqual(
      namespaceTree(new Machine(), by('type')).map(each => each.label),
      namespaceTypes.map(type => `${type} (0)`),
    );
  });

  test("shows the host's first, then the named ones, with what tells them apart", () => {
    assert.deepEqual(drawn(namespaceTree(machine, by('type')).slice(0, 1), 3), [
      'net (4)',
      '  10 | host · 2 processes',
      '    systemd | 1',
      '    bash | 70',
      '  20 | redis-1 · 2 processes · redis-server',
      '    redis-server | 80 · 1 inside',
      '    sh | 81 · 7 inside',
      '  30 | web · 2 processes · burrow-init · of user 1000',
      '    burrow-init | 90 · 1 inside',
      '    bash | 91 · 2 inside',
      '  40 | blue · ip netns · no process',
      '    mounts (1)',
    ]);
  });

  test("offers no terminal in what is the host's", () => {
    const tree = namespaceTree(machine, by('type'));
    assert.equal(find(tree, 'net/net:[10]').context, 'namespace net');
    assert.equal(find(tree, 'net/net:[20]').context, 'namespace net enterable inhabited');
    assert.equal(find(tree, 'net/net:[10]/process:70:700').context, 'process haspid');
    assert.equal(find(tree, 'net/net:[20]/process:80:800').context, 'process haspid enterable ownnet ownmnt ownpid');
  });

  test('names a process by its start time too', () => {
    assert.deepEqual(find(namespaceTree(machine, by('type')), 'net/net:[20]/process:80:800').subject, {
      kind: 'process',
      pid: 80,
      start: 800,
    });
  });

  test('all of very many processes can be reached, in ranges that stay where they are', () => {
    const many = Array.from({ length: 1502 }, (_, index) => process(index + 1, 'p', host));
    const ranges = (processes: readonly Process[]) =>
      find(namespaceTree(new Machine({ ...snapshot, processes: [...processes] }), by('type')), 'net/net:[10]').children?.() ?? [];
    assert.deepEqual(drawn(ranges(many), 1), ['pids 1 – 511 | 511', 'pids 512 – 1023 | 512', 'pids 1024 – 1502 | 479']);
    assert.equal(all(ranges(many)).filter(each => each.subject).length, 1502);
    const fewer = many.filter(each => each.pid > 200);
    assert.deepEqual(
      ranges(fewer).map(each => each.id),
      ranges(many).map(each => each.id),
    );
  });

  test('all of very many namespaces can be reached, those with a name first', () => {
    const many = Array.from({ length: 700 }, (_, index) => namespace({ type: 'net', inode: 4_026_532_000 + index }));
    const tree = namespaceTree(new Machine({ ...snapshot, namespaces: [...many, ...snapshot.namespaces] }, [web]), by('type'));
    const net = tree[0]?.children?.() ?? [];
    assert.deepEqual(
      net.slice(0, 4).map(each => each.label),
      ['10', '20', '30', '40'],
    );
    assert.equal(all(net).filter(each => each.subject?.kind === 'namespace').length, 704);
  });

  test('shows a hostile process name as text', () => {
    const evil = process(80, '\x1b]0;x\x07\n', redisInodes, { command: '[a](command:x)' });
    const node = find(namespaceTree(new Machine({ ...snapshot, processes: [evil] }), by('type')), 'net/net:[20]/process:80:800');
    assert.equal(node.label, '␛]0;x␇␊');
    assert.deepEqual(node.tooltip?.().facts[0], ['command', '[a](command:x)']);
  });

  test('says what keeps a namespace that nobody is in, and who that is', () => {
    const net = namespaceTree(unusual, by('type'))[0]?.children?.() ?? [];
    assert.deepEqual(drawn(net.slice(4), 3), [
      '51 | only thread 101 of python3 (100) is in it',
      '  threads (1)',
      '    thread 101 of python3 (100)',
      '52 | only fd 7 of python3 (100) keeps it',
      '  file descriptors (1)',
      '    fd 7 of python3 (100)',
      '53 | only socket 9 of python3 (100) keeps it',
      '  sockets (1)',
      '    socket 9 of python3 (100)',
      '54 | only the mount /run/kept in mnt 21 · redis-1 keeps it',
      '  mounts (1)',
      '    /run/kept | in mnt 21 · redis-1',
      '55 | only 1 file descriptor, 2 mounts, 2 more keep it',
      '  file descriptors (1)',
      '    fd 8 of python3 (100)',
      '  mounts (2)',
      '    /a',
      '    /b',
      '  … and 2 more',
      '56 | nothing that the helper can see keeps it',
      '60 | 1 process · bwrap · of user 1000',
      '  bwrap | 110',
    ]);
  });

  test('marks what is unusual, and nothing else', () => {
    const marked = all(namespaceTree(unusual, by('type'))).filter(each => each.tone === 'warning');
    assert.deepEqual(
      [...new Set(marked.map(each => each.label))],
      ['net 51', '51', '52', '53', '54', '55', '56', '57', '58', 'not everything could be read'],
    );
  });

  test('a pending child and a hidden ancestor say so', () => {
    const tree = namespaceTree(unusual, by('type'));
    assert.equal(find(tree, 'pid/pid:[57]').description, 'only the next child of python3 (100) will be in it');
    assert.equal(find(tree, 'user/user:[58]').description, 'only user 59 keeps it · of user 1000');
  });

  test('the process behind a descriptor can be acted upon', () => {
    const holder = find(namespaceTree(unusual, by('type')), 'net/net:[52]/descriptors/100:7');
    assert.deepEqual(holder.subject, { kind: 'process', pid: 100, start: 1000 });
    assert.match(holder.context, /^process haspid/);
  });

  test("carries the kernel's own number of a namespace", () => {
    const known = namespace({ type: 'net', inode: 77 }, { id: 4711 });
    const tree = namespaceTree(new Machine({ ...snapshot, namespaces: [known] }), by('type'));
    assert.deepEqual(find(tree, 'net/net:[77]').subject, { kind: 'namespace', key: { type: 'net', inode: 77, id: 4711 } });
  });
});

describe('namespaces by owner', () => {
  test('are below the user namespace that owns them, and that below its parent', () => {
    assert.deepEqual(drawn(namespaceTree(unusual, by('owner')), 5).slice(0, 11), [
      'user 13 | host · 4 processes',
      '  user (2)',
      '    user 33 | web · 2 processes · burrow-init · of user 1000',
      '      net 30 | web · 2 processes · burrow-init · of user 1000',
      '        burrow-init | 90 · 1 inside',
      '        bash | 91 · 2 inside',
      '    user 58 | only user 59 keeps it · of user 1000',
      '      user 59 | 1 process · bwrap · of user 1000',
      '        net 60 | 1 process · bwrap · of user 1000',
      '  net (9)',
      '    net 10 | host · 2 processes',
    ]);
  });

  test('of an owner that is not known are all there', () => {
    const lost = [namespace({ type: 'net', inode: 70 }, { owner: 999 }), namespace({ type: 'uts', inode: 71 }, { owner: undefined })];
    assert.deepEqual(drawn(namespaceTree(new Machine({ ...snapshot, namespaces: lost }), by('owner')), 2), [
      'owner not known (2)',
      '  net 70 | nothing that the helper can see keeps it',
      '  uts 71 | nothing that the helper can see keeps it',
    ]);
  });

  test('user namespaces that own one another in a circle are all there, once', () => {
    const circle = [
      [1, 2],
      [2, 3],
      [3, 1],
      [4, 1],
      [5, 5],
    ].map(([inode = 0, parent = 0]) => namespace({ type: 'user', inode }, { parent, owner: parent }));
    const tree = namespaceTree(new Machine({ ...snapshot, namespaces: circle }), by('owner'));
    assert.deepEqual(
      all(tree)
        .flatMap(({ label, subject }) => (subject ? [label] : []))
        .sort(),
      ['user 1', 'user 2', 'user 3', 'user 4', 'user 5'],
    );
  });
});

describe('namespaces by pid hierarchy', () => {
  test('are below the pid namespace that they are nested in, before its processes', () => {
    assert.deepEqual(drawn(namespaceTree(unusual, by('pid')), 3).slice(0, 8), [
      'pid 12 | host · 4 processes',
      '  pid 22 | redis-1 · 2 processes · redis-server',
      '    redis-server | 80 · 1 inside',
      '    sh | 81 · 7 inside',
      '  pid 57 | only the next child of python3 (100) will be in it',
      '    next children (1)',
      '  systemd | 1',
      '  kthreadd | 2',
    ]);
  });

  test('many levels deep, and in a circle, are all there', () => {
    const deep = Array.from({ length: 32 }, (_, index) => namespace({ type: 'pid', inode: 100 + index }, { parent: 99 + index }));
    const circle = [namespace({ type: 'pid', inode: 200 }, { parent: 201 }), namespace({ type: 'pid', inode: 201 }, { parent: 200 })];
    const tree = namespaceTree(new Machine({ ...snapshot, namespaces: [...deep, ...circle], processes: [] }), by('pid'));
    assert.equal(all(tree).length, 34);
    assert.equal(tree.length, 2);
  });
});

describe('namespaces by container', () => {
  test("are below the sandbox or container whose they are, the host's and the others apart", () => {
    const lines = drawn(namespaceTree(unusual, by('container')), 3);
    assert.deepEqual(lines.slice(0, 4), [
      'sandboxes (1)',
      '  web | 2 namespaces',
      '    net 30 | web · 2 processes · burrow-init · of user 1000',
      '    user 33 | web · 2 processes · burrow-init · of user 1000',
    ]);
    assert.deepEqual(lines.slice(4, 8), [
      'containers (1)',
      '  redis-1 | docker · 2 namespaces',
      '    net 20 | redis-1 · 2 processes · redis-server',
      '    pid 22 | redis-1 · 2 processes · redis-server',
    ]);
    assert.ok(lines.includes('host (8)'));
    assert.ok(lines.includes('others (11)'));
  });

  test('show each namespace somewhere', () => {
    const shown = all(namespaceTree(unusual, by('container'))).flatMap(({ subject }) =>
      subject?.kind === 'namespace' ? [subject.key.inode] : [],
    );
    assert.deepEqual(
      unusualSnapshot.namespaces.map(each => each.inode).filter(inode => !shown.includes(inode)),
      [],
    );
  });
});

describe('namespaces by process', () => {
  test('are below the processes that differ in them from their parents', () => {
    assert.deepEqual(drawn(namespaceTree(unusual, by('process')), 4), [
      'systemd | 1',
      '  bash | 70',
      '    python3 | 100 · a thread elsewhere',
      '      thread 101 | in net 51',
      '    bwrap | 110 · differs in net, user',
      '      net 60 | 1 process · bwrap · of user 1000',
      '      user 59 | 1 process · bwrap · of user 1000',
      '  redis-server | 80 · 1 inside · differs in net, mnt, pid, uts, ipc',
      '    net 20 | redis-1 · 2 processes · redis-server',
      '      redis-server | 80 · 1 inside',
      '      sh | 81 · 7 inside',
      '    pid 22 | redis-1 · 2 processes · redis-server',
      '      redis-server | 80 · 1 inside',
      '      sh | 81 · 7 inside',
      '    sh | 81 · 7 inside',
      '  burrow-init | 90 · 1 inside · differs in net, mnt, pid, user, uts, ipc, cgroup, time',
      '    net 30 | web · 2 processes · burrow-init · of user 1000',
      '      burrow-init | 90 · 1 inside',
      '      bash | 91 · 2 inside',
      '    user 33 | web · 2 processes · burrow-init · of user 1000',
      '      namespaces of its own (1)',
      '      burrow-init | 90 · 1 inside',
      '      bash | 91 · 2 inside',
      '    bash | 91 · 2 inside',
      'kthreadd | 2',
      '  kworker/0:0 | 3',
      'not everything could be read | the helper is not root',
      '  pid 7 and 3 more | namespaces of processes: EACCES',
    ]);
  });

  test('differ from the host where the namespaces of the parent cannot be read', () => {
    const hidden = process(1, 'init', {}, { parent: 0 });
    const child = process(500, 'child', { ...host, net: 20 });
    const tree = namespaceTree(new Machine({ ...snapshot, processes: [hidden, child] }), by('process', { hideHost: true }));
    assert.deepEqual(drawn(tree, 2), ['init | 1', '  child | 500 · differs in net']);
  });

  test('a parent that is younger than its child is another process with its number', () => {
    const child = process(500, 'child', host, { parent: 400, start: 1 });
    const other = process(400, 'other', host, { parent: 0, start: 2 });
    const tree = namespaceTree(new Machine({ ...snapshot, processes: [child, other] }), by('process'));
    assert.deepEqual(drawn(tree, 2), ['other | 400', 'child | 500']);
  });

  test('processes that are one another’s parents are all there, once', () => {
    const circle = [
      [5, 6],
      [6, 7],
      [7, 5],
      [8, 8],
      [9, 5],
    ].map(([pid = 0, parent = 0]) => process(pid, `p${pid}`, host, { parent, start: 1 }));
    const tree = namespaceTree(new Machine({ ...snapshot, processes: circle }), by('process'));
    assert.deepEqual(
      all(tree)
        .map(each => each.label)
        .sort(),
      ['p5', 'p6', 'p7', 'p8', 'p9'],
    );
  });

  test('a chain of thousands is opened one by one', () => {
    const chain = Array.from({ length: 5000 }, (_, index) => process(index + 1, 'p', host, { parent: index }));
    const tree = namespaceTree(new Machine({ ...snapshot, processes: chain }), by('process'));
    assert.deepEqual(drawn(tree, 2), ['p | 1', '  p | 2']);
  });
});

describe('what the settings hide', () => {
  const kernelThread = (label: string): boolean => label.startsWith('kthreadd') || label.startsWith('kworker');

  for (const grouping of groupings) {
    test(`by ${grouping}: kernel threads`, () => {
      const shown = all(namespaceTree(unusual, by(grouping)));
      const left = all(namespaceTree(unusual, by(grouping, { hideKernelThreads: true })));
      assert.ok(shown.some(each => kernelThread(each.label)));
      assert.ok(!left.some(each => kernelThread(each.label)));
      assert.ok(left.some(each => each.label === 'systemd'));
    });

    test(`by ${grouping}: what is only the host's, and nothing below it that is not`, () => {
      const left = all(namespaceTree(unusual, by(grouping, { hideHost: true })));
      const inodes = left.flatMap(({ subject }) => (subject?.kind === 'namespace' ? [subject.key.inode] : []));
      assert.ok(!inodes.some(inode => Object.values(host).includes(inode)));
      const pids = left.flatMap(({ subject }) => (subject?.kind === 'process' ? [subject.pid] : []));
      assert.ok(!pids.includes(1) && !pids.includes(70));
      const wanted = grouping === 'pid' ? [22, 57] : grouping === 'process' ? [20, 22, 30, 33, 59, 60, 51] : [20, 22, 30, 33, 58, 59, 60];
      for (const inode of wanted) assert.ok(inodes.includes(inode), `${inode}`);
    });
  }

  test('a process that only calls itself kthreadd is none', () => {
    const impostor = process(2, 'kthreadd', host, { parent: 1, command: '' });
    const child = process(3, 'x', host, { parent: 2, command: '' });
    const tree = namespaceTree(new Machine({ ...snapshot, processes: [impostor, child] }), by('process', { hideKernelThreads: true }));
    assert.deepEqual(drawn(tree, 2), ['kthreadd | 2', '  x | 3']);
  });

  test('is said beside the title', () => {
    assert.equal(describeArrangement(by('type')), '');
    assert.equal(describeArrangement(by('owner')), 'by owner');
    assert.equal(
      describeArrangement(by('pid', { hideKernelThreads: true, hideHost: true })),
      "by PID hierarchy · without kernel threads and the host's own",
    );
  });
});

describe('whatever the grouping', () => {
  const evil = '\x1b[31m\n[x](command:y) $(bug) **b** <img>';
  const holders = { ...noHolders, mounts: [{ path: `/${'é'.repeat(2047)}` }, { path: `/a\n${evil}` }], descriptors: [{ pid: 80, fd: 3 }] };
  const hostile = new Machine(
    {
      ...unusualSnapshot,
      namespaces: [...unusualSnapshot.namespaces, namespace({ type: 'uts', inode: 90 }, { name: evil, holders })],
      processes: unusualSnapshot.processes.map(each => ({ ...each, name: evil, command: evil.repeat(100) })),
      containers: [
        {
          engine: evil,
          id: evil,
          name: evil,
          pid: 80,
          start: 800,
          image: evil,
          pod: evil,
          space: evil,
          labels: { [evil]: evil },
          source: evil,
        },
      ],
      gaps: [{ subject: evil, reason: evil }],
    },
    [{ ...web, name: evil }],
  );

  for (const grouping of groupings) {
    test(`${grouping}: every node has an id of its own`, () => {
      for (const each of [machine, unusual, hostile]) {
        const ids = all(namespaceTree(each, by(grouping))).map(node => node.id);
        assert.equal(new Set(ids).size, ids.length);
      }
    });

    test(`${grouping}: names from other processes are one line of visible text`, () => {
      for (const { label, description = '' } of all(namespaceTree(hostile, by(grouping)))) {
        for (const text of [label, description]) {
          assert.doesNotMatch(text, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          assert.ok(text.length < 700, `${text.length}`);
        }
      }
    });

    test(`${grouping}: an empty machine has no namespaces, and breaks nothing`, () => {
      const tree = namespaceTree(new Machine(), by(grouping));
      assert.deepEqual(
        tree.map(each => each.label),
        grouping === 'type' ? namespaceTypes.map(type => `${type} (0)`) : [],
      );
    });
  }

  test('what could not be read is the last row, and who is not root is told so', () => {
    const last = namespaceTree(unusual, by('type')).at(-1);
    assert.equal(last?.context, 'gaps unprivileged');
    const asRoot = new Machine(unusualSnapshot, [], { privileged: true });
    assert.equal(namespaceTree(asRoot, by('type')).at(-1)?.context, 'gaps');
  });
});

test('what holds a namespace is in its tooltip, and no text of it is Markdown', () => {
  const spoken: Namespace = namespace(
    { type: 'net', inode: 91 },
    { id: 12, holders: { ...noHolders, descriptors: Array.from({ length: 9 }, (_, fd) => ({ pid: 100, fd })), unnamed: 3 } },
  );
  const tree = namespaceTree(new Machine({ ...unusualSnapshot, namespaces: [spoken] }), by('type'));
  const facts = Object.fromEntries(find(tree, 'net/net:[91]').tooltip?.().facts ?? []);
  assert.equal(
    facts['file descriptors'],
    'fd 0 of python3 (100), fd 1 of python3 (100), fd 2 of python3 (100), fd 3 of python3 (100), fd 4 of python3 (100), fd 5 of python3 (100), … and 3 more',
  );
  assert.equal(facts['not named'], '3 more holders');
  assert.equal(facts["kernel's id"], '12');
});
