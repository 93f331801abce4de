import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { findLinks } from '../../../../extension/documents/links.ts';
import { renderGone, renderNamespace, renderPlan, renderProcess } from '../../../../extension/documents/render.ts';
import { Machine } from '../../../../extension/machine/machine.ts';
import type { Inspection, Particulars } from '../../../../helper/protocol/inspection.ts';
import { type NamespaceKey, noHolders } from '../../../../helper/protocol/model.ts';
import { machine, namespace, process, redis, redisInodes, snapshot } from '../example.ts';

function inspection(key: NamespaceKey, particulars: Particulars | undefined, more: Partial<Inspection> = {}): Inspection {
  return {
    namespace: machine.namespace(key) ?? namespace(key),
    processes: [],
    ...(particulars ? { particulars } : {}),
    children: [],
    gaps: [],
    ...more,
  };
}

const inNet = (particulars: Particulars | undefined, more: Partial<Inspection> = {}): string =>
  renderNamespace(inspection({ type: 'net', inode: 20 }, particulars, more), machine);

const body = (key: NamespaceKey, particulars: Particulars): string =>
  renderNamespace(inspection(key, particulars), machine).replace(/^[\s\S]*held by: nothing that the helper can see\n/, '');

const redisNet: Particulars = {
  type: 'net',
  interfaces: [
    { index: 1, name: 'lo', kind: 'loopback', up: true, mtuBytes: 65_536, addresses: [{ address: '127.0.0.1/8', scope: 'host' }] },
    {
      index: 2,
      name: 'eth0',
      kind: 'veth',
      up: true,
      mtuBytes: 1500,
      hardwareAddress: '02:42:ac:11:00:02',
      addresses: [
        { address: '172.17.0.2/16', scope: 'global' },
        { address: 'fe80::42:acff:fe11:2/64', scope: 'link' },
      ],
      peer: { index: 7, name: 'vethab12', inode: 10 },
    },
    { index: 3, name: 'dummy0', kind: 'dummy', up: false, mtuBytes: 1500, addresses: [], controller: 'br0' },
  ],
  routes: [
    { destination: 'default', gateway: '172.17.0.1', device: 'eth0' },
    { destination: '172.17.0.0/16', device: 'eth0' },
  ],
};

describe('the details of a namespace', () => {
  test('net', () => {
    const text = inNet(redisNet, {
      namespace: {
        ...namespace({ type: 'net', inode: 20 }),
        holders: { ...noHolders, processes: 2, oldest: 80, mounts: [{ path: '/run/docker/netns/3f2a41' }] },
      },
      processes: [
        { pid: 80, inside: 1, name: 'redis-server', uid: 0 },
        { pid: 81, inside: 81, name: 'sh', uid: 0 },
      ],
    });
    assert.equal(
      text,
      `# net:[20] of docker container redis-1
owner: user:[13] # the host's
held by:
  - process 80 redis-server # pid 1 inside
  - process 81 sh
  - mount /run/docker/netns/3f2a41
interfaces:
  lo:
    kind: loopback
    addresses: [127.0.0.1/8]
    state: up, 65536 bytes
  eth0:
    kind: veth
    peer: vethab12 in net:[10] # the host's
    addresses: [172.17.0.2/16, fe80::42:acff:fe11:2/64]
    state: up, 1500 bytes, 02:42:ac:11:00:02
  dummy0:
    kind: dummy
    controller: br0
    state: down, 1500 bytes
routes:
  - default via 172.17.0.1 dev eth0
  - 172.17.0.0/16 dev eth0
`,
    );
  });

  test('user', () => {
    const text = renderNamespace(
      inspection(
        { type: 'user', inode: 33 },
        {
          type: 'user',
          uidMap: [
            { inside: 0, outside: 1000, count: 1 },
            { inside: 1, outside: 100_000, count: 65_536 },
          ],
          gidMap: [],
          setgroups: 'deny',
        },
        { gaps: ['the owner of uts:[34] is hidden'] },
      ),
      machine,
    );
    assert.equal(
      text,
      `# user:[33] of sandbox web
owner: user:[13] # the host's
made by: user 1000
held by: nothing that the helper can see
uid_map:
  - 0 is 1000 outside
  - 1 to 65536 are 100000 to 165535 outside
gid_map: none # every id is 65534, nobody
setgroups: deny
not known:
  - the owner of uts:[34] is hidden
`,
    );
  });

  test('mnt', () => {
    const mounts = [{ path: '/', fileSystem: 'overlay', source: 'overlay', options: 'rw,relatime' }];
    assert.equal(
      body({ type: 'mnt', inode: 21 }, { type: 'mnt', root: '/', mounts }),
      'root: /\nmounts:\n  - overlay on / type overlay (rw,relatime)\n',
    );
  });

  test('uts', () => {
    assert.equal(
      body({ type: 'uts', inode: 24 }, { type: 'uts', hostname: 'redis-1', domainname: '(none)' }),
      'hostname: redis-1\ndomainname: (none)\n',
    );
  });

  test('ipc', () => {
    const object = { kind: 'shared memory', id: 3, key: -1, ownerUid: 0, size: '4096 bytes' } as const;
    assert.equal(
      body({ type: 'ipc', inode: 25 }, { type: 'ipc', objects: [object], messageQueues: [] }),
      'System V objects:\n  - shared memory 3, key 0xffffffff, user 0, 4096 bytes\nPOSIX message queues: none\n',
    );
  });

  test('pid', () => {
    const key = { type: 'pid', inode: 99 } as const;
    assert.equal(body(key, { type: 'pid', init: 80 }), 'init: 80 # redis-server\n');
    assert.equal(body(key, { type: 'pid' }), 'init: none # no process can be started in it any more\n');
  });

  test('cgroup and time', () => {
    assert.equal(
      body(
        { type: 'cgroup', inode: 99 },
        {
          type: 'cgroup',
          root: [
            { hierarchy: '', path: '/a' },
            { hierarchy: 'cpu', path: '/b' },
          ],
        },
      ),
      'root:\n  - /a\n  - cpu /b\n',
    );
    assert.equal(
      body({ type: 'time', inode: 99 }, { type: 'time', monotonicSeconds: 3600, boottimeSeconds: -5 }),
      'CLOCK_MONOTONIC: +3600 s\nCLOCK_BOOTTIME: -5 s\n',
    );
  });

  test('what is nested in it is a link away', () => {
    const nested = namespace({ type: 'user', inode: 50 }, { holders: { ...noHolders, children: [{ type: 'net', inode: 20 }] } });
    assert.match(
      renderNamespace(inspection(nested, undefined, { namespace: nested }), machine),
      /\n {2}- net:\[20\] # docker container redis-1\n/,
    );
  });

  test('every kind of holder is there, and leads on to whose it is', () => {
    const held = namespace(
      { type: 'net', inode: 41 },
      {
        holders: {
          ...noHolders,
          threads: [{ pid: 80, tid: 85 }],
          pending: [81],
          descriptors: [{ pid: 80, fd: 7 }],
          sockets: [{ pid: 91, fd: 9 }],
          mounts: [{ path: '/run/netns/x' }, { path: '/y\n- process 1', mnt: 21 }],
          unnamed: 3,
        },
      },
    );
    const text = renderNamespace(inspection(held, undefined, { namespace: held }), machine);
    assert.equal(
      text,
      `# net:[41]
owner: user:[13] # the host's
held by:
  - thread 85 of process 80 # redis-server
  - next child of process 81 # sh
  - fd 7 of process 80 # redis-server
  - socket 9 of process 91 # bash
  - mount /run/netns/x
  - mount in mnt:[21] /y␊- process 1
  - … and 3 more
`,
    );
    assert.deepEqual(
      findLinks(text).flatMap(({ to }) => (to.kind === 'process' ? [to.pid] : [])),
      [80, 81, 80, 91],
    );
  });

  test('very many processes come last, by number', () => {
    const processes = Array.from({ length: 1001 }, (_, index) => ({ pid: 1001 - index, inside: 1001 - index, name: 'p', uid: 0 }));
    const lines = inNet({ ...redisNet, interfaces: [], routes: [] }, { processes }).split('\n');
    assert.deepEqual(lines.slice(1, 9), [
      "owner: user:[13] # the host's",
      'held by:',
      '  - 1,001 processes # listed below',
      'interfaces: {}',
      'routes: none',
      'processes:',
      '  - process 1 p',
      '  - process 2 p',
    ]);
    assert.equal(lines.at(-2), '  - … and 1 more');
  });

  test('hostile names stay values', () => {
    const evil = 'x\n# y: z\n- "a": [b]\x1b[31m';
    const text = inNet(undefined, { processes: [{ pid: 80, inside: 1, name: evil, uid: 0 }] });
    assert.deepEqual(parse(text), { owner: 'user:[13]', 'held by': ['process 80 x␊# y: z␊- "a": [b]␛[31m'] });
  });
});

describe('the details of a process', () => {
  test('the init of a container says so', () => {
    const [, , init] = snapshot.processes;
    assert.ok(init);
    assert.equal(
      renderProcess(init, machine),
      `# process 80 redis-server, init of docker container redis-1
container:
  engine: docker
  name: redis-1
  id: c1
  image: redis:7
  name from: docker API
pid: 80 # 1 inside
parent: 1 # systemd
user: 0
command: /usr/bin/redis-server
namespaces:
  net: net:[20] # docker container redis-1
  mnt: mnt:[21] # docker container redis-1
  pid: pid:[22] # docker container redis-1
  user: user:[13] # the host's
  uts: uts:[24] # docker container redis-1
  ipc: ipc:[25] # docker container redis-1
  cgroup: cgroup:[16] # the host's
  time: time:[17] # the host's
`,
    );
  });

  test('says which of its threads are elsewhere, and where its next child will be', () => {
    const threads = [{ tid: 101, namespaces: { net: 20 } }];
    const divided = process(100, 'python3', redisInodes, { threads, forChildren: { pid: 22 } });
    assert.match(
      renderProcess(divided, machine),
      /\nnext child in:\n {2}pid: pid:\[22\] # docker container redis-1\nthreads elsewhere:\n {2}thread 101:\n {4}net: net:\[20\] # docker container redis-1\n$/,
    );
  });

  test('hostile commands, names and labels stay values', () => {
    const evil = process(80, 'a: b', redisInodes, { command: '- x\n--- !!js/function {}' });
    const labelled = { ...redis, labels: { 'a\nb': '[l](command:x)', __proto__: 'p' } };
    const text = renderProcess(evil, new Machine({ ...snapshot, containers: [labelled] }));
    const value: unknown = parse(text);
    assert.ok(typeof value === 'object' && value !== null && 'command' in value && 'container' in value);
    assert.equal(value.command, '- x␊--- !!js/function {}');
    assert.match(text, /^ {4}a␊b: "\[l\]\(command:x\)"$/m);
  });
});

describe('other documents', () => {
  test('a plan, and the step at which it failed', () => {
    assert.equal(renderPlan({ steps: ['a', 'b'], notices: [] }), 'a\nb\n');
    assert.equal(renderPlan({ steps: ['a', 'b', 'c'], notices: [] }, { step: 2, message: 'no b' }), '  a\n→ b\n  no b\n  c\n');
  });

  test('a plan says first what the person should know', () => {
    assert.equal(renderPlan({ steps: ['a'], notices: ['no limit of swap here'] }), 'note: no limit of swap here\n\na\n');
  });

  test('what is gone keeps its last text, and says once that it is gone', () => {
    const gone = renderGone('net:[20]', '# net:[20] of x\nowner: y\n');
    assert.equal(gone, '# gone: nothing keeps this namespace alive any more\n# net:[20] of x\nowner: y\n');
    assert.equal(renderGone('net:[20]', gone), gone);
    assert.equal(renderGone('process 80', undefined), '# gone: this process has ended\n# process 80\n');
  });
});
