import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { findPlaces, remove, removeShared, update } from '../../helper/cgroup/group.ts';
import { findHidden, type Hierarchy, hostHierarchies } from '../../helper/cgroup/hierarchies.ts';
import { awaitEmpty, isEmpty, kill } from '../../helper/cgroup/kill.ts';
import { layOut, type Place, type Wishes } from '../../helper/cgroup/layout.ts';
import type { Limits } from '../../helper/cgroup/limits.ts';
import { usage } from '../../helper/cgroup/usage.ts';
import { parseCgroup } from '../../helper/sys/procfs.ts';
import { eventually, patience } from '../support/eventually.ts';
import { make } from './support/make-groups.ts';
import { Member } from './support/members.ts';

const MB = 1 << 20;
const DEADLINE_MS = 20_000 * patience;
/** In no account file, so nobody else's processes count for its limit. */
const NOBODY = '61003';
const hierarchies = hostHierarchies();
const withController = (name: string): Hierarchy[] => hierarchies.filter(({ controllers }) => controllers.includes(name));
const version = (wanted: 1 | 2): Hierarchy[] => hierarchies.filter(each => each.version === wanted);

let count = 0;
const ids: string[] = [];

/** The cgroups of one more sandbox. */
function group(wishes: Partial<Wishes>, among: readonly Hierarchy[] = hierarchies): readonly Place[] {
  const id = `test-${process.pid}-${++count}`;
  const layout = layOut(id, among, { limits: {}, lasting: false, guarded: false, killable: false, counted: false, ...wishes });
  assert.deepEqual(layout.missing, []);
  ids.push(id);
  make(layout);
  return layout.places;
}

const limited = (limits: Limits, among?: readonly Hierarchy[]): readonly Place[] => group({ limits }, among);
const perl = (places: readonly Place[], line: string): Member => new Member(places, '/usr/bin/perl', '-e', `$| = 1; ${line}`);

const contentOf = (places: readonly Place[], file: string): string => {
  const place = places.find(({ group: path }) => existsSync(join(path, file)));
  return readFileSync(join(place?.group ?? '', file), 'utf8').trim();
};

/** Forks as often as it may, and each says how it went. */
const FORKS = 'for (1 .. 40) { my $pid = fork; if (!defined $pid) { print "refused ", $! + 0, "\\n"; last } if (!$pid) { sleep 600 } }';

describe('cgroups', () => {
  afterEach(async () => {
    for (const id of ids.splice(0)) {
      const places = findPlaces(id, hierarchies);
      await kill(places, DEADLINE_MS);
      await remove(places, DEADLINE_MS);
      assert.deepEqual(findPlaces(id, hierarchies), []);
    }
    removeShared(hierarchies);
    // Of others on this machine there may be some, but then in use.
    for (const { mount } of hierarchies) assert.notDeepEqual(groupsIn(join(mount, 'burrow')), []);
  });

  it('ends a process that uses more memory than the limit', async () => {
    const places = limited({ memoryBytes: 32 * MB });
    const { signal } = await perl(places, 'my $much = "x" x (200 << 20);').end();
    assert.equal(signal, 'SIGKILL');
    const { oomKills, memoryPeakBytes = 0 } = usage(places);
    assert.equal(oomKills, 1);
    assert.ok(memoryPeakBytes > 16 * MB && memoryPeakBytes <= 32 * MB, `${memoryPeakBytes}`);
  });

  it('refuses a process too many with EAGAIN', async () => {
    const places = limited({ processes: 5 });
    const member = perl(places, `${FORKS} sleep 600`);
    await eventually('a refused fork', () => member.output.includes('refused'));
    assert.equal(member.output, 'refused 11\n');
    const { processes, processesRefused } = usage(places);
    assert.deepEqual({ processes, processesRefused }, { processes: 5, processesRefused: 1 });
  });

  it('holds back a process that uses more than its share of a processor', async () => {
    const places = limited({ cpus: 0.05 });
    perl(places, '1 while 1');
    await eventually('a pause', () => (usage(places).throttledSeconds ?? 0) > 0);
  });

  it('changes the limits of what runs', async () => {
    const places = limited({ processes: 2, memoryBytes: 64 * MB });
    const member = perl(places, `while (<STDIN>) { ${FORKS} print "done\\n" }`);
    member.say('');
    await eventually('a refused fork', () => member.output.includes('done'));
    assert.equal(member.output, 'refused 11\ndone\n');
    update(places, { processes: 100, memoryBytes: 512 * MB });
    member.say('');
    await eventually('the forks', () => member.output.endsWith('done\ndone\n'));
    assert.equal(member.output, 'refused 11\ndone\ndone\n');
    update(places, { memoryBytes: 48 * MB });
    assert.equal(contentOf(places, places[0]?.hierarchy.version === 1 ? 'memory.memsw.limit_in_bytes' : 'memory.max'), String(48 * MB));
    update(places, { memoryBytes: 'max', processes: 'max' });
    assert.equal(contentOf(places, 'pids.max'), 'max');
  });

  it('leaves all limits as they were when one of them is refused', () => {
    const places = limited({ memoryBytes: 64 * MB, swapBytes: 16 * MB, cpus: 0.5, processes: 10 });
    const isLimit = /^(memory\.(max|swap\.max|limit_in_bytes|memsw\.limit_in_bytes)|cpu\.(max|cfs_\w+_us)|pids\.max)$/;
    const files = places.flatMap(({ group: path }) => readdirSync(path).flatMap(file => (isLimit.test(file) ? [join(path, file)] : [])));
    const values = (): string[] => files.map(file => readFileSync(file, 'utf8'));
    const before = values();
    for (const memoryBytes of [32 * MB, 128 * MB]) {
      assert.throws(() => update(places, { memoryBytes, swapBytes: 0, cpus: 1, processes: -5 }), {
        name: 'SysError',
        syscall: 'write',
        errno: 'EINVAL',
      });
      assert.deepEqual(values(), before);
    }
  });

  const hasOneForAll = withController('pids').some(({ controllers }) => controllers.includes('memory'));
  it('refuses to change a limit that the sandbox has no cgroup for', {
    skip: hasOneForAll && 'this host has all controllers in one hierarchy',
  }, () => {
    const places = limited({ processes: 10 }, withController('pids'));
    assert.throws(() => update(places, { processes: 20, memoryBytes: 64 * MB }), {
      name: 'Refusal',
      message: /^The limit memoryBytes cannot be changed/,
    });
    assert.equal(contentOf(places, 'pids.max'), '10');
  });

  it('takes a process into every hierarchy', async () => {
    const places = group({ guarded: true });
    assert.equal(places.length, hierarchies.length);
    assert.deepEqual(findHidden(readFileSync('/proc/self/cgroup', 'utf8'), hierarchies), []);
    const { output } = await new Member(places, '/bin/cat', '/proc/self/cgroup').end();
    const insides = places.map(({ inside, hierarchy }) => inside.slice(hierarchy.mount.length));
    const elsewhere = parseCgroup(output).filter(({ path }) => !insides.includes(path));
    assert.deepEqual(elsewhere, []);
  });

  const pidsV1 = withController('pids').filter(each => each.version === 1);
  it('keeps its limit from root who mounts what his cgroup namespace shows', {
    skip: pidsV1.length === 0 && 'this host has no v1 pids',
  }, async () => {
    const places = group({ guarded: true, limits: { processes: 5 } });
    const lines = [
      'mount -t cgroup -o pids none /mnt',
      'echo max > /mnt/pids.max',
      'mkdir /mnt/below',
      'ls /mnt/../burrow /mnt/inside /mnt/release_agent 2> /dev/null',
      `exec perl -e '$| = 1; ${FORKS} sleep 600'`,
    ];
    const member = new Member(places, '/usr/bin/unshare', '--cgroup', '--mount', '/bin/sh', '-c', lines.join('\n'));
    await eventually('a refused fork', () => member.output.includes('refused'));
    assert.equal(member.output, 'refused 11\n');
    assert.equal(contentOf(places, 'pids.max'), '5');
    assert.ok(places.some(({ inside }) => existsSync(join(inside, 'below'))));
  });

  it('sees when the last process has ended', async () => {
    const places = group({ guarded: true });
    assert.equal(isEmpty(places), true);
    const member = perl(places, 'print "here\\n"; <STDIN>');
    await eventually('the process', () => member.output !== '');
    assert.equal(isEmpty(places), false);
    assert.equal(await awaitEmpty(places, 30), false);
    member.say('');
    assert.equal(await awaitEmpty(places, DEADLINE_MS), true);
  });

  /** Some live for an instant and go on as their own child, so that a list of pids is always late; the others only become more. */
  const elusive = '$SIG{CHLD} = "IGNORE"; for (1 .. 5) { last unless fork } for (;;) { my $pid = fork; kill KILL => $$ if $pid }';
  const bomb = `ulimit -u 200; perl -e '${elusive}' & exec perl -e 'for (;;) { fork }'`;
  const ways: readonly (readonly [string, readonly Hierarchy[]])[] = [
    ['cgroup.kill', version(2)],
    ['v1 by the controller pids', pidsV1],
    ['v1 by the controller freezer', withController('freezer').filter(each => each.version === 1)],
  ];
  for (const [way, among] of ways) {
    const skip = among.length === 0 && `this host has no ${way}`;
    it(`ends processes that always fork: ${way}`, { skip }, async () => {
      const places = group({ killable: true, counted: false }, among);
      const user = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'];
      new Member(places, '/usr/bin/setpriv', ...user, '/bin/bash', '-c', bomb);
      await eventually('the bomb', () =>
        places.some(({ inside }) => readFileSync(join(inside, 'cgroup.procs'), 'utf8').split('\n').length > 100),
      );
      await kill(places, DEADLINE_MS);
      assert.equal(isEmpty(places), true);
      // Luck would do as well here; this is what makes it no matter of luck.
      if (among === pidsV1) assert.equal(contentOf(places, 'pids.max'), '0');
    });
  }

  for (const by of [1, 2] as const)
    it(`ends processes in cgroups that were made inside, by v${by}`, {
      skip: version(by).length === 0 && `this host has no cgroup v${by}`,
    }, async () => {
      const places = group({ guarded: true });
      const nested = places.map(({ inside, ...place }): Place => ({ ...place, inside: join(inside, 'a', 'b') }));
      for (const { inside } of nested) mkdirSync(inside, { recursive: true });
      const member = perl(nested, 'print "here\\n"; sleep 600');
      await eventually('the process', () => member.output !== '');
      assert.equal(isEmpty(places), false);
      await assert.rejects(remove(places, 30), { syscall: 'rmdir', errno: 'EBUSY' });
      await kill(
        places.filter(({ hierarchy }) => hierarchy.version === by),
        DEADLINE_MS,
      );
      assert.equal((await member.end()).signal, 'SIGKILL');
      await remove(places, DEADLINE_MS);
    });

  it('removes cgroups that are nested deeper than a path is long', async () => {
    const places = group({ guarded: true });
    const name = 'n'.repeat(200);
    for (const { inside } of places) {
      const member = new Member([], '/bin/sh', '-ec', `cd ${inside}; for i in $(seq 25); do mkdir ${name} other; cd -P ${name}; done`);
      assert.equal((await member.end()).exitCode, 0);
    }
    await remove(places, DEADLINE_MS);
    for (const place of places) assert.equal(existsSync(place.group), false);
  });

  it('removes what is removed already, or was made in part', async () => {
    const places = group({ guarded: true });
    await remove(places.slice(0, 1), DEADLINE_MS);
    await remove(places, DEADLINE_MS);
    await remove(places, DEADLINE_MS);
    await kill(places, DEADLINE_MS);
    assert.deepEqual(usage(places), {});
  });

  it('leaves nothing behind when one of the limits cannot be set', () => {
    const id = `test-${process.pid}-${++count}`;
    const layout = layOut(id, hierarchies, {
      limits: { memoryBytes: MB, processes: -5 },
      lasting: false,
      guarded: true,
      killable: false,
      counted: false,
    });
    assert.throws(() => make(layout), { name: 'SysError', syscall: 'write', errno: 'EINVAL', subject: /pids\.max$/ });
    assert.deepEqual(findPlaces(id, hierarchies), []);
  });

  it('refuses an id that is taken, and leaves that sandbox alone', () => {
    const places = limited({ processes: 7 });
    const id = ids.at(-1) ?? '';
    const layout = layOut(id, hierarchies, { limits: { processes: 9 }, lasting: false, guarded: true, killable: false, counted: false });
    assert.throws(() => make(layout), { name: 'SysError', syscall: 'mkdir', errno: 'EEXIST' });
    assert.equal(contentOf(places, 'pids.max'), '7');
    assert.equal(findPlaces(id, hierarchies).length, places.length);
  });
});

/** Undefined where there is no such directory. */
function groupsIn(path: string): string[] | undefined {
  if (!existsSync(path)) return undefined;
  return readdirSync(path, { withFileTypes: true }).flatMap(entry => (entry.isDirectory() ? [entry.name] : []));
}
