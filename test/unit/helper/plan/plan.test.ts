import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { env } from 'node:process';
import { describe, it } from 'node:test';
import { inRepository } from '../../../support/repository.ts';
import { systemdHost } from '../cgroup/hosts.ts';
import { asRoot, facts, groupsOn, joinedOf, planLines } from './plans.ts';
import { type Sample, samples } from './samples.ts';

const folder = inRepository('test/unit/helper/plan/plans');
const fileOf = (name: string): string => `${folder}/${name}.plan`;

const linesOf = ({ definition, facts: changes, purpose }: Sample): string[] => planLines(definition, changes, purpose);

// WRITE_PLANS=1 writes them anew; read what git shows of it before it is committed.
if (env['WRITE_PLANS'])
  for (const [name, sample] of Object.entries(samples)) writeFileSync(fileOf(name), `${linesOf(sample).join('\n')}\n`);

const inOrder = (lines: readonly string[], one: string, other: string): void =>
  assert.ok(lines.includes(one) && lines.indexOf(one) < lines.indexOf(other), `${one} before ${other} in\n${lines.join('\n')}`);

describe('planFor', () => {
  for (const [name, sample] of Object.entries(samples))
    it(`makes the plan of ${name}.plan: ${sample.what}`, () =>
      assert.deepEqual(linesOf(sample), readFileSync(fileOf(name), 'utf8').trimEnd().split('\n')));

  it('has no plan written down that is none of these', () =>
    assert.deepEqual(
      readdirSync(folder).sort(),
      Object.keys(samples)
        .map(name => `${name}.plan`)
        .sort(),
    ));

  it('takes what the definition names with the caller’s rights, and locks it before the user namespace is there', () => {
    const lines = planLines(samples['mounts']?.definition ?? {});
    const look = 'stage   openat2(AT_FDCWD, "/home/dev/src", {flags=O_PATH|O_CLOEXEC, resolve=RESOLVE_NO_MAGICLINKS}, 24)';
    inOrder(lines, 'stage   setfsuid(1000)', look);
    inOrder(lines, look, 'stage   setfsuid(0)');
    inOrder(
      lines,
      'stage   mount_setattr(<mount 1>, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)',
      'stage   unshare(CLONE_NEWUSER)',
    );
  });

  it('becomes an ordinary caller before it makes the user namespace', () => {
    inOrder(planLines({}), 'stage   setresuid(1000, 1000, 1000)', 'stage   unshare(CLONE_NEWUSER)');
  });

  it('mounts a guarded sandbox’s files while it may still do what its user namespace may not', () => {
    inOrder(planLines({}, asRoot), 'stage   umount2(".", MNT_DETACH)', 'stage   unshare(CLONE_NEWUSER)');
    inOrder(planLines({}), 'stage   unshare(CLONE_NEWUSER)', 'stage   umount2(".", MNT_DETACH)');
  });

  it('is born into a group of v2 while it has the right to, and is in the cgroup namespace of the host', () => {
    const born = 'stage   clone3({flags=CLONE_PARENT|CLONE_INTO_CGROUP, cgroup=<cgroup>})';
    const cgroups = groupsOn(systemdHost(), { lasting: true, guarded: true });
    const joined = { ...joinedOf('cgroup'), cgroups };
    inOrder(planLines({}, { cgroups }), born, 'stage   setresuid(1000, 1000, 1000)');
    inOrder(planLines({ namespaces: { cgroup: 'redis' } }, joined), born, 'stage   setns(<cgroup of redis>, CLONE_NEWCGROUP)');
    inOrder(
      planLines({ namespaces: { cgroup: 'redis' } }, { ...asRoot, ...joined }),
      born,
      'stage   setns(<cgroup of redis>, CLONE_NEWCGROUP)',
    );
    // One fork does for both, where it may.
    const forks = planLines({}, { ...asRoot, cgroups }).filter(line => line.includes('CLONE_PARENT'));
    assert.deepEqual(forks, [born]);
  });

  it('guards as soon as one of the ids is root outside', () => {
    const uids = [...facts.uids, { inside: 1, outside: 0, count: 1 }];
    inOrder(planLines({}, { uids }), 'stage   umount2(".", MNT_DETACH)', 'stage   unshare(CLONE_NEWUSER)');
  });

  it('guards where the user namespace is somebody else’s, whose root may be root outside', () => {
    const lines = planLines({ namespaces: { user: 'container:redis' } }, { ...joinedOf('user'), uids: [], gids: [] });
    inOrder(lines, 'stage   umount2(".", MNT_DETACH)', 'stage   setns(<user of redis>, CLONE_NEWUSER)');
    assert.ok(lines.some(line => line.includes('/proc/sys", NULL, MS_BIND')));
  });

  it('guards where the user namespace that is named is the host’s', () => {
    const lines = planLines({ namespaces: { user: 'pid:1' } }, { ...asRoot, uids: [], gids: [] });
    assert.ok(lines.some(line => line.includes('/proc/sys", NULL, MS_BIND')));
  });
});
