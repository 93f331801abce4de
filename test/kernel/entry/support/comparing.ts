// A command in a target compared with the process whose place it takes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type NamespaceType, namespaceTypes } from '../../../../helper/protocol/model.ts';
import type { Target } from '../../../../helper/protocol/target.ts';
import { types } from '../../support/belongings.ts';
import type { Machine } from '../../support/machine.ts';
import { inodesOf } from '../../support/namespaces.ts';
import * as facts from './facts.ts';
import { type Answers, answers, type Entering, ways, whileThere } from './inside.ts';

const sorted = (text: string): string[] => text.split(/\s+/).filter(Boolean).sort();

/** What every command has, whatever else it is. */
function isOnItsOwn(pid: number): void {
  assert.deepEqual(facts.descriptorsOf(pid), ['0', '1', '2']);
  assert.equal(facts.sessionOf(pid), pid);
}

/**
 * @param pid the process that `target` is
 * @param given what it was given in there, unless that is all of its environment
 */
export async function isAsTheTarget(
  machine: Machine,
  target: Target,
  pid: number,
  given: ReadonlyMap<string, string> = facts.inherited(facts.environmentOf(pid)),
): Promise<void> {
  for (const way of ways) {
    const expected = facts.expectedBeside(pid);
    await whileThere(machine, way, { target }, (command, notices) => {
      assert.deepEqual(facts.factsOf(command), expected);
      isOnItsOwn(command);
      isTheEnvironment(facts.environmentOf(command), given, way === 'terminal');
      // A sandbox's filter is its own; that of any other process nobody can read.
      const isOther = expected.seccomp === '2' && !('sandbox' in target);
      if (way === 'terminal')
        assert.equal(notices.filter(notice => /seccomp|filter/.test(notice)).length, isOther ? 1 : 0, notices.join('\n'));
    });
    const inside = await answers(machine, way, { target });
    saysWhatItIs(inside, pid, expected);
    isATerminal(inside, way === 'terminal' && existsSync(`/proc/${pid}/root/dev/pts/ptmx`));
  }
}

const added = ['PATH', 'HOME', 'USER', 'LANG'];

/** Those of the process, and what every command needs. */
function isTheEnvironment(own: ReadonlyMap<string, string>, given: ReadonlyMap<string, string>, isTerminal: boolean): void {
  const common = [...given.keys()].filter(name => own.has(name));
  assert.deepEqual(
    common.map(name => `${name}=${own.get(name)}`),
    [...given].map(([name, value]) => `${name}=${value}`),
  );
  const more = [...own.keys()].filter(name => !given.has(name)).sort();
  assert.deepEqual(more, [...added.filter(name => !given.has(name)), ...(isTerminal ? ['TERM'] : [])].sort());
}

/** What it reads of itself is what is read from outside, with the ids as they are called inside. */
function saysWhatItIs(inside: Answers, pid: number, expected: facts.Facts): void {
  const [[uid = 0], [gid = 0]] = [expected.uids, expected.gids];
  assert.deepEqual(
    inside['namespaces']?.split('\n'),
    types.map(type => `${type}:[${expected.namespaces[type]}]`),
  );
  assert.equal(Number(inside['uid']), facts.insideOf(pid, 'uid', uid));
  assert.equal(Number(inside['gid']), facts.insideOf(pid, 'gid', gid));
  const groups = [gid, ...expected.groups].map(id => `${facts.insideOf(pid, 'gid', id)}`);
  assert.deepEqual(new Set(sorted(inside['groups'] ?? '')), new Set(groups));
  assert.deepEqual(inside['cgroups']?.split('\n').sort(), cgroupsFromWithin(pid));
  const powers = { ...expected.capabilities, NoNewPrivs: expected.noNewPrivileges, Seccomp: expected.seccomp };
  assert.deepEqual(Object.fromEntries((inside['powers'] ?? '').split('\n').map(line => line.split(':\t'))), powers);
  assert.equal(inside['directory'], facts.pathOf(pid));
  // One more is the directory that ls reads.
  assert.equal(inside['descriptors'], '0\n1\n2\n3');
}

/** The control groups of a process as its own cgroup namespace shows them. */
function cgroupsFromWithin(pid: number): string[] {
  const text = execFileSync('nsenter', [`--cgroup=/proc/${pid}/ns/cgroup`, 'cat', `/proc/${pid}/cgroup`], { encoding: 'utf8' });
  return text.trimEnd().split('\n').sort();
}

function isATerminal(inside: Answers, isOne: boolean): void {
  if (!isOne) {
    assert.match(inside['terminal'] ?? '', /^not a tty$/);
    return;
  }
  assert.match(inside['terminal'] ?? '', /^\/dev\/pts\/\d+$/);
  assert.match(inside['device'] ?? '', /^character special file$/);
}

/** The types that a command joins which is asked for in a process: all that are not the helper's own. */
export function differing(machine: Machine, pid: number): NamespaceType[] {
  const [theirs, ours] = [inodesOf(pid), inodesOf(machine.pid)];
  return namespaceTypes.filter(type => theirs[type] !== ours[type]);
}

/** What a target comes to see has a root directory of its own, with nothing of the host in it but programs. */
const isSeenWith = (joined: readonly NamespaceType[]): boolean => joined.includes('pid') || joined.includes('user');

/** Of a command that has the programs of the host: its root directory is the helper's, and /proc and /sys show the target. */
export async function hasTheHostsPrograms(machine: Machine, pid: number): Promise<void> {
  const joined = differing(machine, pid).filter(type => type !== 'mnt');
  if (joined.length === 0) return;
  const target = { pid, types: joined };
  const [theirs, ours, host] = [inodesOf(pid), inodesOf(machine.pid), facts.factsOf(machine.pid)];
  const isShown = isSeenWith(joined) || joined.includes('net');
  const joinsUser = joined.includes('user');
  const uid = joinsUser ? facts.chiefOf(pid, 'uid') : 0;
  if (uid === undefined) return isForNobody(machine, { target });
  for (const way of ways) {
    await whileThere(machine, way, { target }, command => {
      const { namespaces, ...own } = facts.factsOf(command);
      for (const type of types) if (type !== 'mnt') assert.equal(namespaces[type], joined.includes(type) ? theirs[type] : ours[type], type);
      assert.equal(namespaces.mnt !== theirs.mnt && (isShown || namespaces.mnt === ours.mnt), true, 'its mount namespace');
      assert.equal(own.root === host.root, !isSeenWith(joined));
      assert.deepEqual(own.uids, Array(4).fill(uid));
      isOnItsOwn(command);
      assert.deepEqual([...facts.environmentOf(command).keys()].sort(), [...added, ...(way === 'terminal' ? ['TERM'] : [])].sort());
    });
    const inside = await answers(machine, way, { target });
    showsTheTarget(inside, pid, joined);
    isATerminal(inside, way === 'terminal');
  }
}

/** Where no id is mapped there is none to become. */
async function isForNobody(machine: Machine, entry: Entering): Promise<void> {
  const failure = await machine.failure('process/run', { ...entry, command: ['true'] });
  assert.equal(failure.kind, 'invalid', JSON.stringify(failure));
}

/** /proc and /sys are about the namespaces that a command is in. */
function showsTheTarget(inside: Answers, pid: number, joined: readonly NamespaceType[]): void {
  assert.equal(inside['proc'], 'own');
  const init = joined.includes('pid') ? initBeside(pid) : 1;
  assert.equal(inside['first'], readFileSync(`/proc/${init}/cmdline`, 'latin1').replaceAll('\0', ' ').trimEnd());
  if (!joined.includes('net')) return;
  const links = execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-j', 'link'], { encoding: 'utf8' });
  const names = (JSON.parse(links) as { ifname: string }[]).map(({ ifname }) => ifname);
  // bonding_masters is no link, but a file of the driver's that every network has.
  const shown = sorted(inside['links'] ?? '').filter(name => name !== 'bonding_masters');
  assert.deepEqual(shown, names.sort());
}

/** The process that is 1 in the pid namespace of another. */
function initBeside(pid: number): number {
  const namespace = inodesOf(pid).pid;
  const found = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .find(each => {
      try {
        return inodesOf(each).pid === namespace && facts.statusOf(each, 'NSpid').split('\t').at(-1) === '1';
      } catch {
        return false; // ended in the meantime, or a zombie
      }
    });
  assert.ok(found !== undefined, `pid namespace ${namespace} has an init`);
  return found;
}

/**
 * Of a command with `tools`: programs from elsewhere, in all other namespaces of the target, and the target's files beside them.
 * @param tools a root directory of this machine
 */
export async function hasToolsOfTheHost(machine: Machine, pid: number, tools = '/'): Promise<void> {
  const entry = { target: { pid }, tools };
  const joined = differing(machine, pid);
  if (!joined.includes('mnt')) return;
  if (joined.includes('user') && facts.chiefOf(pid, 'uid') === undefined) return isForNobody(machine, entry);
  const [theirs, ours] = [inodesOf(pid), inodesOf(machine.pid)];
  const programs = tools === '/' ? `/proc/${machine.pid}/root/` : tools;
  // This machine's own root directory is everybody's: there others write meanwhile.
  const own = [`/proc/${pid}/root/`, programs].filter(each => facts.identityOf(each) !== facts.identityOf('/'));
  const look = (): string[] => [
    ...[pid, machine.pid].map(each => readFileSync(`/proc/${each}/mountinfo`, 'utf8')),
    ...own.flatMap(each => [each, `${each}/run`]).map(each => (existsSync(each) ? readdirSync(each).join(' ') : '')),
  ];
  const before = look();
  for (const way of ways) {
    await whileThere(machine, way, entry, (command, notices) => {
      const { namespaces } = facts.factsOf(command);
      for (const type of types) if (type !== 'mnt') assert.equal(namespaces[type], theirs[type], type);
      assert.ok(namespaces.mnt !== theirs.mnt && namespaces.mnt !== ours.mnt, 'a mount namespace of its own');
      assert.deepEqual(look(), before);
      isOnItsOwn(command);
      const path = facts.environmentOf(command).get('BURROW_TARGET') ?? '';
      assert.match(path, /^\/run\/.*target$/);
      if (way === 'terminal')
        assert.ok(
          notices.some(notice => notice.includes(path)),
          notices.join('\n'),
        );
    });
    const inside = await answers(machine, way, entry);
    showsTheTarget(inside, pid, joined);
    assert.equal(inside['targetRoot'], facts.identityOf(`/proc/${pid}/root/`));
    assert.equal(inside['root'], facts.identityOf(`${programs}/usr/.`));
    isATerminal(inside, way === 'terminal');
    assert.deepEqual(look(), before);
  }
}

/** Of a user of the target's own /etc/passwd and /etc/group, which are those of test/fixtures/lib.sh. */
export async function becomesItsUser(machine: Machine, target: Target, pid: number): Promise<void> {
  const outside = (kind: 'uid' | 'gid', id: number): number | undefined => facts.outsideOf(pid, kind, id);
  const own = facts.factsOf(pid);
  const given = [...facts.inherited(facts.environmentOf(pid)).keys()].filter(name => !added.includes(name));
  for (const [user, gid, groups] of [
    ['fx', 1000, [1000, 1001]],
    ['1000', 1000, [1000, 1001]],
    ['1000:1001', 1001, [1001]],
  ] as const)
    await whileThere(machine, 'run', { target, user }, command => {
      const { uids, gids, groups: all } = facts.factsOf(command);
      assert.deepEqual(uids, Array(4).fill(outside('uid', 1000)), user);
      assert.deepEqual(gids, Array(4).fill(outside('gid', gid)), user);
      assert.deepEqual(new Set([...gids, ...all]), new Set(groups.map(id => outside('gid', id))), user);
      const environment = facts.environmentOf(command);
      assert.equal(environment.get('HOME'), '/home/fx');
      // What a process has set is for nobody else: it may be about to be led astray.
      const isSame = own.uids[1] === uids[1] && own.gids[1] === gids[1];
      assert.deepEqual(
        given.filter(name => environment.has(name)),
        isSame ? given : [],
        user,
      );
    });
}
