// "Copy as Shell Commands": what the scripts make, seen from inside, and that nothing of it stays.
import assert from 'node:assert/strict';
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { hostHierarchies } from '../../helper/cgroup/hierarchies.ts';
import type { Step } from '../../helper/cgroup/layout.ts';
import { Definition, type DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import type { IdMapping } from '../../helper/protocol/inspection.ts';
import { namespaceTypes } from '../../helper/protocol/model.ts';
import { type ScriptFacts, scriptFor } from '../../helper/script/script.ts';
import { eventually, patience } from '../support/eventually.ts';
import { isAlive } from '../support/processes.ts';
import { inodesOf } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';

const FOLDER = `/tmp/burrow-kernel-script-${process.pid}`;
const UID = 61_005;

const only = (inside: number, outside: number, count = 1): IdMapping[] => [{ inside, outside, count }];
const asRoot: ScriptFacts = {
  uid: 0,
  gid: 0,
  groups: [],
  uids: only(0, 0),
  gids: only(0, 0),
  network: undefined,
  joins: {},
  cgroups: { make: [], inside: [] },
  disks: [],
};
const ordinary: ScriptFacts = {
  ...asRoot,
  uid: UID,
  gid: UID,
  groups: [UID + 1],
  uids: [...only(0, UID), ...only(1, 300_000, 1000)],
  gids: [...only(0, UID), ...only(1, 300_000, 1000)],
};

let files = 0;
const write = (definition: Partial<DefinitionInput>, facts: ScriptFacts): string => {
  const path = `${FOLDER}/${++files}.sh`;
  writeFileSync(path, scriptFor(Definition.parse({ name: 'web', network: 'none', ...definition }), facts));
  return path;
};

const run = (definition: Partial<DefinitionInput>, facts = asRoot, input = '', ...words: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync('sh', [write(definition, facts), ...words], { encoding: 'utf8', input, timeout: 30_000 * patience });

/** What a shell line inside says. */
function said(line: string, definition: Partial<DefinitionInput> = {}, facts = asRoot): string {
  const { status, stdout, stderr } = run({ command: ['sh', '-c', line], ...definition }, facts);
  assert.deepEqual([status, stderr], [0, ''], stdout);
  return stdout;
}

/** Those of others may go while they are listed. */
function allGroups(): string[] {
  for (;;) {
    try {
      return readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

/** What of a script could be left. */
const traces = (): string[] => [
  ...readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes('burrow-script')),
  ...readdirSync('/run').filter(name => name.startsWith('burrow-script')),
  ...allGroups().filter(path => path.includes(`burrow-script-${process.pid}`)),
  ...execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes('bw-script')),
  ...execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes('/run/burrow-script')),
];

describe('the script of a definition', () => {
  const sleepers = new Sleepers();
  before(() => mkdirSync(`${FOLDER}/source`, { recursive: true }));
  afterEach(async () => {
    await sleepers.stop();
    await eventually('nothing left', () => traces().length === 0).catch(() => assert.deepEqual(traces(), []));
  });
  after(() => rmSync(FOLDER, { recursive: true, force: true }));

  const listed = 'for each in net mnt pid user uts ipc cgroup time; do readlink /proc/self/ns/$each; done';

  for (const [who, facts] of [
    ['root', asRoot],
    ['an ordinary user', ordinary],
  ] as const) {
    it(`makes all eight namespaces for ${who}`, () => {
      const here = inodesOf('self');
      const there = said(listed, {}, facts).trim().split('\n');
      assert.equal(there.length, namespaceTypes.length);
      for (const type of namespaceTypes) assert.equal(there.includes(`${type}:[${here[type]}]`), false, type);
    });

    it(`gives names, ids, clocks and a thrown-away root for ${who}`, () => {
      const lines = said(
        'hostname; domainname; id -u; cat /proc/self/uid_map; cut -d. -f1 /proc/uptime; echo x > /var/tmp/burrow-script; cat /var/tmp/burrow-script; echo $$',
        {
          hostname: 'inside.test',
          domainname: 'a-domain',
          time: { boottimeSeconds: 1_000_000 },
        },
        facts,
      )
        .trim()
        .split('\n');
      const map = facts.uids.map(({ inside, outside, count }) => [inside, outside, count].join(' '));
      assert.deepEqual(lines.slice(0, 3), ['inside.test', 'a-domain', '0']);
      assert.deepEqual(
        lines.slice(3, 3 + map.length).map(line => line.trim().replace(/\s+/g, ' ')),
        map,
      );
      assert.ok(Number(lines.at(-3)) >= 1_000_000, lines.at(-3));
      assert.deepEqual(lines.slice(-2), ['x', '1']);
      assert.throws(() => readFileSync('/var/tmp/burrow-script'), { code: 'ENOENT' });
    });

    it(`mounts for ${who}`, () => {
      writeFileSync(`${FOLDER}/source/file`, 'from outside\n');
      const definition: Partial<DefinitionInput> = {
        root: 'readonly',
        mounts: [
          { type: 'tmpfs', path: '/mnt', size: '64K', mode: '750' },
          { type: 'bind', source: `${FOLDER}/source`, path: '/media' },
          { type: 'file', path: '/etc/hostname', content: `a 'quoted' $(name)\n`, mode: '600' },
          { type: 'mask', path: '/usr/share' },
          { type: 'readonly', path: '/tmp' },
        ],
      };
      const line = `stat -fc '%b %S' /mnt; stat -c %a /mnt /etc/hostname; cat /media/file; (echo x > /media/file) 2>&1; ls /usr/share; (echo x > /etc/x) 2>&1; (echo x > /tmp/x) 2>&1; true`;
      const [size = '', mode, fileMode, from, ...refused] = said(line, definition, facts).trim().split('\n');
      assert.deepEqual(
        [size.split(' ').reduce((product, number) => product * Number(number), 1), mode, fileMode, from],
        [65_536, '750', '600', 'from outside'],
      );
      assert.equal(refused.length, 3, refused.join('\n'));
      for (const each of refused) assert.match(each, /Read-only file system/);
      assert.equal(said('cat /etc/hostname', definition, asRoot), `a 'quoted' $(name)\n`);
    });

    it(`shuts a directory with what is mounted below it, for ${who}`, () => {
      const below = `${FOLDER}/source/below`;
      const definition: Partial<DefinitionInput> = {
        root: 'host',
        mounts: [{ type: 'readonly', path: `${FOLDER}/source` }],
        command: ['sh', '-c', `for each in ${FOLDER}/source ${below}; do (echo x >$each/x) 2>&1; done; true`],
      };
      // In a mount namespace of its own, in which more is mounted than on this machine.
      const line = `mkdir -p ${below} && mount -t tmpfs -o mode=777 tmpfs ${below} && exec sh "$0"`;
      const words = ['--mount', '--propagation', 'private', 'sh', '-ec', line, write(definition, facts)];
      const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^.*source\/x: Read-only file system\n.*below\/x: Read-only file system\n$/);
    });

    it(`makes a veth pair for ${who}`, () => {
      const network = { hostLink: `bw-script`, hostAddress: '198.51.100.1/30', link: 'eth0', address: '198.51.100.2/30' };
      const there = said(
        'ip -o -4 address; ping -c 1 -W 5 198.51.100.1 >/dev/null && echo reached',
        { network: 'link' },
        { ...facts, network },
      );
      assert.match(there, / eth0 +inet 198\.51\.100\.2\/30 /);
      assert.match(there, /reached/);
    });
  }

  it('makes only what is asked for', () => {
    const here = inodesOf('self');
    const there = said(listed, { namespaces: ['uts', 'ipc'] }, { ...asRoot, uids: [], gids: [] })
      .trim()
      .split('\n');
    for (const type of namespaceTypes) assert.equal(there.includes(`${type}:[${here[type]}]`), type !== 'uts' && type !== 'ipc', type);
  });

  it('joins the namespaces of others', async () => {
    const pid = await sleepers.start('unshare', '--net', '--uts', 'sleep', 'infinity');
    const there = said(
      listed,
      { namespaces: { net: 'x', uts: 'y' } },
      { ...ordinary, joins: { net: `/proc/${pid}/ns/net`, uts: `/proc/${pid}/ns/uts` } },
    );
    const theirs = inodesOf(pid);
    assert.ok(there.includes(`net:[${theirs.net}]`) && there.includes(`uts:[${theirs.uts}]`), there);
    assert.equal(there.includes(`ipc:[${theirs.ipc}]`), false);
  });

  it('is the user’s own number inside, where the map has no root', () => {
    const map = { uids: only(UID, UID), gids: only(UID, UID) };
    assert.equal(said('id -u; id -g; hostname', { users: 'same' }, { ...ordinary, ...map }), `${UID}\n${UID}\nweb\n`);
  });

  it('gives a tenant’s root other ids than those of the caller', () => {
    const map = { uids: only(0, 1_196_608, 65_536), gids: only(0, 1_196_608, 65_536) };
    assert.equal(said('id -u; touch /tmp/x; stat -c %u /tmp/x', { users: { tenant: 3 } }, { ...asRoot, ...map }), '0\n0\n');
  });

  it('takes a directory, an archive, an unpacked image and nothing as root', () => {
    const rootfs = `${FOLDER}/rootfs`;
    for (const name of ['bin', 'proc', 'sys', 'dev', 'run', 'tmp', 'etc', 'srv']) mkdirSync(`${rootfs}/${name}`, { recursive: true });
    execFileSync('sh', [
      '-ec',
      `cp "$(command -v busybox)" ${rootfs}/bin/busybox; ln -s busybox ${rootfs}/bin/sh; echo mine > ${rootfs}/etc/mine; tar -cf ${rootfs}.tar -C ${rootfs} .`,
    ]);
    const line = 'busybox pwd; busybox cat /etc/mine; busybox ls /; busybox id -u; echo x > /etc/new && echo written';
    const all = 'bin\ndev\netc\nproc\nrun\nsrv\nsys\ntmp\n';
    const options = { directory: '/srv', environment: { PATH: '/bin' } };
    for (const facts of [asRoot, ordinary]) {
      const readonly = run({ ...options, root: { directory: rootfs }, command: ['sh', '-c', line] }, facts);
      assert.equal(readonly.stdout, `/srv\nmine\n${all}0\n`, readonly.stderr);
      assert.match(readonly.stderr, /Read-only file system/);
      const archive = run({ ...options, root: { archive: `${rootfs}.tar` }, command: ['sh', '-c', line] }, facts);
      assert.ok(archive.stdout.startsWith(`/srv\nmine\n${all}0\n`), archive.stderr);
      const image = run({ ...options, root: { image: '/nowhere' }, command: ['sh', '-c', line] }, facts, '', rootfs);
      assert.ok(image.stdout.startsWith(`/srv\nmine\n${all}0\n`), image.stderr);
      rmSync(`${rootfs}/etc/new`, { force: true });
      const empty = run(
        {
          root: 'empty',
          mounts: [{ type: 'bind', source: `${rootfs}/bin`, path: '/bin' }],
          environment: { PATH: '/bin' },
          command: ['busybox', 'ls', '/'],
        },
        facts,
      );
      assert.equal(empty.stdout, 'bin\ndev\nproc\nrun\nsys\n', empty.stderr);
    }
  });

  it('refuses a root whose /dev is a symbolic link', () => {
    const rootfs = `${FOLDER}/linked`;
    for (const name of ['proc', 'sys', 'run']) mkdirSync(`${rootfs}/${name}`, { recursive: true });
    execFileSync('ln', ['-s', `${FOLDER}/source`, `${rootfs}/dev`]);
    const before = readdirSync(`${FOLDER}/source`);
    assert.notEqual(run({ root: { directory: rootfs }, command: ['x'] }).status, 0);
    assert.deepEqual(readdirSync(`${FOLDER}/source`), before);
  });

  it('sets limits, rights, umask, environment and directory', () => {
    const definition: Partial<DefinitionInput> = {
      limits: { files: 77, rlimits: { core: 0, cpu: { soft: 60, hard: 90 } } },
      security: { capabilities: ['CAP_CHOWN'], noNewPrivileges: true, umask: '027', seccomp: 'none' },
      environment: { GREETING: `it's "me"`, TERM: 'vt100' },
      directory: '/usr',
      user: '5:6',
    };
    const line =
      'ulimit -n; ulimit -c; ulimit -t; ulimit -Ht; umask; echo "$GREETING $TERM"; pwd; id -u; id -g; grep -E "^(NoNewPrivs|CapBnd|CapAmb)" /proc/self/status';
    for (const facts of [asRoot, ordinary].map(each => ({
      ...each,
      uids: [...each.uids.slice(0, 1), ...only(1, 300_000, 1000)],
      gids: [...each.gids.slice(0, 1), ...only(1, 300_000, 1000)],
    })))
      assert.equal(
        said(line, { ...definition, users: 'auto' }, facts),
        `77\n0\n60\n90\n0027\nit's "me" vt100\n/usr\n5\n6\nCapBnd:\t0000000000000001\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\n`,
      );
  });

  it('ends after the wall time', () => {
    // The time that the script itself takes counts, too.
    const { status } = run({ limits: { wallSeconds: 5 * patience }, command: ['sleep', '1000'] }, ordinary);
    assert.equal(status, 137);
  });

  it('gives the exit code, and passes input and output', () => {
    const { status, stdout } = run({ command: ['sh', '-c', 'cat; exit 7'] }, asRoot, 'through\n');
    assert.deepEqual([status, stdout], [7, 'through\n']);
  });

  const pids = hostHierarchies().find(({ controllers }) => controllers.includes('pids'));
  it('limits by control groups, which go away when it is killed', {
    skip: pids === undefined && 'this host has the cgroup controller pids nowhere',
  }, async () => {
    const { mount = '', version } = pids ?? {};
    const shared = `${mount}/burrow-script`;
    const group = `${shared}/burrow-script-${process.pid}`;
    const handOn = (above: string): Step[] =>
      version === 2 ? [{ do: 'write', path: `${above}/cgroup.subtree_control`, value: '+pids', optional: false }] : [];
    const make: Step[] = [
      { do: 'mkdir', path: shared, shared: true },
      ...[mount, shared].flatMap(handOn),
      { do: 'mkdir', path: group, shared: false },
      { do: 'write', path: `${group}/pids.max`, value: '44', optional: false },
      { do: 'write', path: `${group}/no.such`, value: '44', optional: true },
      { do: 'mkdir', path: `${group}/inside`, shared: false },
    ];
    for (const namespaces of [undefined, ['cgroup', 'mnt'] as const]) {
      const script = write(
        {
          command: ['sh', '-c', 'sleep 1000 & cat /proc/self/cgroup; echo ready; read line'],
          ...(namespaces && { namespaces: [...namespaces] }),
        },
        { ...asRoot, ...(namespaces && { uids: [], gids: [] }), cgroups: { make, inside: [`${group}/inside`] } },
      );
      const child = spawn('sh', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        output += part;
      });
      await eventually('the command', () => output.includes('ready'));
      assert.match(output, version === 2 ? /^0::\/$/m : /:pids:\/$/m);
      assert.equal(readFileSync(`${group}/pids.max`, 'utf8'), '44\n');
      const members = readFileSync(`${group}/inside/cgroup.procs`, 'utf8').trim().split('\n').map(Number);
      assert.ok(members.length >= 2);
      child.kill('SIGTERM');
      const [code] = await once(child, 'close');
      assert.equal(code, 143);
      assert.deepEqual(members.filter(isAlive), []);
      assert.throws(() => readdirSync(shared), { code: 'ENOENT' });
    }
  });

  it('leaves nothing when a part of it fails', () => {
    const { status, stderr } = run({ mounts: [{ type: 'bind', source: '/nowhere', path: '/mnt' }] }, ordinary);
    assert.notEqual(status, 0);
    assert.match(stderr, /\/nowhere/);
  });

  it('means every text of a definition as it is', () => {
    const text = `'"\`$(touch ${FOLDER}/touched)\n\u001b[31m\u0003 \\ %s é\n`;
    const folder = `${FOLDER}/${text.replaceAll('/', '_')}`;
    mkdirSync(folder);
    writeFileSync(`${folder}/file`, 'there\n');
    const { stdout, stderr } = run({
      mounts: [
        { type: 'bind', source: folder, path: '/mnt' },
        { type: 'tmpfs', path: folder },
        { type: 'file', path: '/etc/hostname', content: text },
      ],
      directory: folder,
      command: ['sh', '-c', `pwd; cat /mnt/file; printf '%s\\0' "$@" "$(cat /etc/hostname; echo .)"`, 'sh', text],
    });
    assert.equal(stderr, '');
    assert.ok(stdout.startsWith(`${folder}\nthere\n${text}\0${text}.\0`), JSON.stringify(stdout));
    const { stdout: variables } = run({ environment: { [`A ${text}`]: text }, command: ['env', '-0'] });
    assert.ok(variables.split('\0').includes(`A ${text}=${text}`), JSON.stringify(variables));
    assert.equal(readdirSync(FOLDER).includes('touched'), false);
  });
});
