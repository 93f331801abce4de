// A definition becomes a plan: what the helper does and what the stage calls, in order, before
// anything is touched. Pure: the facts about the host come in as data.
import { BIRTHPLACE, birthplaceAmong, joinCalls } from '../cgroup/join.ts';
import { makeCalls } from '../cgroup/make-calls.ts';
import { asGiven, commandCalls } from '../entry/command.ts';
import { shells } from '../entry/shells.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { umaskOf } from '../protocol/definition/security.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { prelude, setgroups } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import type { Facts } from './facts.ts';
import { networkSteps } from './link-steps.ts';
import { careFor, rootOf } from './root-files.ts';
import { idmappedSources } from './sources.ts';
import {
  become,
  becomeCaller,
  commandAlone,
  commandAloneInSilence,
  commandBelowInit,
  filesOf,
  finish,
  join,
  loopbackUp,
  mountsOf,
  stayAsInit,
  unshare,
} from './stage-steps.ts';
import { helper, type Plan, type Step, stage } from './steps.ts';
import type { Surroundings } from './system-mounts.ts';

/** What the plan is for: a sandbox that stays, or one run of its command with streams of the caller's. */
export type Purpose = { readonly kind: 'stay' } | { readonly kind: 'run'; readonly terminal: boolean };

/** A run ends with whoever waits for it; nobody else would. */
export const isMortal = ({ persist, onExit }: Definition, { kind }: Purpose): boolean =>
  !persist || (kind === 'run' && onExit === 'remove');

/** The handle that the command's wait status is written to. */
export const ENDING = 'how the command ended';

const steps = (calls: readonly Call[]): Step[] => calls.map(stage);

/**
 * Two orders of the same blocks. An ordinary caller's sandbox gets its pid namespace and its /proc within
 * its own user namespace, so that root inside may do with them as it likes. Whoever is root outside
 * could then change the whole machine: the kernel lets uid 0 write to /proc/sys by its number alone. So
 * such a sandbox is `guarded`: all is mounted by the host's root, /proc with its dangerous parts shut,
 * before the user namespace is made, and therefore locked. The same order serves where there is no user
 * namespace or that of somebody else, who may be root outside too, and where a pid or time namespace is
 * joined that belongs to another one.
 */
export function planFor(definition: Definition, facts: Facts, purpose: Purpose): Plan {
  const guarded = isGuarded(definition, facts);
  const own = ownTypes(definition, facts);
  const fresh = (...types: NamespaceType[]): Step[] => steps(unshare(types.filter(type => own.has(type))));
  const surroundings: Surroundings = {
    guarded,
    host: rootOf(definition) === 'host',
    ownPid: own.has('pid'),
    ownNet: own.has('net'),
    care: careFor(definition),
  };
  const files = own.has('mnt') ? steps(filesOf(definition, facts)) : [];
  const mounts = own.has('mnt') ? steps(mountsOf(definition, facts, surroundings)) : [];
  const user = userSteps(definition, facts);
  const network = own.has('net') ? linkSteps(facts) : [];
  const clocks = clockSteps(definition);
  const pins = definition.init === 'none' ? pinSteps(own, facts) : [];
  const { into, fork } = forkSteps(definition, facts, guarded);
  const end = [
    ...steps(finish(definition, surroundings, definition.init === true && isMortal(definition, purpose))),
    ...pins,
    ...lastSteps(definition, facts, purpose),
  ];
  const begin = [...beginning(definition, facts), ...into, ...joinSteps(facts)];
  if (guarded)
    return [
      ...begin,
      ...fresh('mnt', 'pid', 'time'),
      ...clocks,
      ...fork,
      // Its root is what the process is in by now.
      ...fresh('cgroup'),
      ...files,
      ...mounts,
      ...user,
      // Once more: what was mounted until now is locked in it.
      ...fresh(...(own.has('user') || facts.joined.user ? (['mnt'] as const) : []), 'net', 'ipc', 'uts'),
      ...network,
      ...end,
    ];
  const late = fresh('mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time');
  return [...begin, ...fresh('mnt'), ...files, ...user, ...late, ...clocks, ...network, ...fork, ...mounts, ...end];
}

export const isGuarded = ({ namespaces }: Pick<Definition, 'namespaces'>, { uids, joined }: Pick<Facts, 'uids' | 'joined'>): boolean =>
  namespaces.user !== true || uids.some(({ outside }) => outside === 0) || joined.pid !== undefined || joined.time !== undefined;

const ownTypes = ({ namespaces }: Definition, { types }: Facts): ReadonlySet<NamespaceType> =>
  new Set(namespaceTypes.filter(type => namespaces[type] === true && types.has(type)));

const beginning = (definition: Definition, { record, cgroups, unpacked }: Facts): Step[] => [
  helper({ do: 'record', path: record }),
  ...(unpacked ? [helper({ do: 'unpack', ...unpacked })] : []),
  ...cgroups.make.v2.map(step => helper({ do: 'group', step })),
  ...idmappedSources(definition).map(({ path, name }) => helper({ do: 'idmap', from: path, handle: name })),
  ...prelude.map(stage),
  ...steps(cgroups.make.v1.flatMap(makeCalls)),
];

/**
 * Into its control groups before a cgroup namespace is made, whose root they then are. Being born into one asks for
 * rights to it, which an ordinary user does not have any more when the process forks.
 */
function forkSteps({ init }: Definition, { cgroups: { places } }: Facts, guarded: boolean): { into: Step[]; fork: Step[] } {
  const birthplace = guarded ? birthplaceAmong(places) : undefined;
  const into = steps([
    ...joinCalls(birthplace ? places.filter(each => each.hierarchy.version === 1) : places),
    ...(birthplace ? [birthplace] : []),
  ]);
  if (init === 'none') return { into, fork: [] };
  return { into, fork: [stage(birthplace ? { do: 'fork', into: { resultOf: BIRTHPLACE } } : { do: 'fork' })] };
}

/** As root of the host, who may join any; the user namespace comes last, as it takes that right away. */
const joinOrder: readonly NamespaceType[] = ['cgroup', 'ipc', 'uts', 'net', 'pid', 'time', 'mnt'];

const joinSteps = ({ joined }: Facts): Step[] =>
  joinOrder.flatMap(type => {
    const found = joined[type];
    return found ? [stage(join(found, type))] : [];
  });

function userSteps(definition: Definition, facts: Facts): Step[] {
  const { joined, tenant, uids, gids } = facts;
  // Those of the helper are nobody's inside.
  if (joined.user) return [...steps([setgroups(facts.groups)]), stage(join(joined.user, 'user')), ...steps(becomeFirst(facts))];
  if (definition.namespaces.user !== true) return steps([setgroups([])]);
  // Who has no groups but the caller's own must not be able to give one up (CVE-2018-7169).
  const denySetgroups = gids.every(({ outside, count }) => outside === facts.gid && count === 1);
  const map = helper({ do: 'map-ids', uids, gids, denySetgroups });
  const own = [...steps(unshare(['user'])), map, ...steps(becomeFirst(facts))];
  if (tenant === undefined) return [...steps(becomeCaller(facts)), ...own];
  const block = { inside: 0, outside: 0, count: uids[0]?.count ?? 1 };
  const nested = helper({ do: 'map-nested', uids: [block], gids: [block] });
  const outer = tenant === 'new' ? own : [stage(join(tenant, 'user')), ...steps(becomeFirst(facts))];
  return [
    ...steps(becomeCaller({ ...facts, uid: 0, gid: 0, groups: [] })),
    ...outer,
    ...steps(unshare(['user'])),
    nested,
    ...steps(become(0, 0)),
  ];
}

/** Root inside, or whoever is mapped first. */
function becomeFirst({ uids, gids }: Facts): Call[] {
  const first = (map: Facts['uids']): number => (map.some(({ inside }) => inside === 0) ? 0 : (map[0]?.inside ?? 0));
  return become(first(uids), first(gids));
}

const linkSteps = ({ network }: Facts): Step[] => (network ? networkSteps(network).map(helper) : steps(loopbackUp()));

const clockSteps = ({ time: { monotonicSeconds, boottimeSeconds } }: Definition): Step[] =>
  monotonicSeconds || boottimeSeconds ? [helper({ do: 'offset-clocks', monotonicSeconds, boottimeSeconds })] : [];

const pinSteps = (own: ReadonlySet<NamespaceType>, { pins, record }: Facts): Step[] => [
  ...[...own].map(type => helper({ do: 'pin', type, path: `${pins}/${type}` })),
  helper({ do: 'ready', path: record }),
];

function lastSteps(definition: Definition, facts: Facts, purpose: Purpose): Step[] {
  if (definition.init === 'none') return [];
  const { identity, confinement } = facts;
  if (purpose.kind === 'stay' && definition.init) return stayAsInit(definition).map(stage);
  const command = commandCalls({
    terminal: purpose.kind === 'run' && purpose.terminal,
    directory: definition.directory,
    umask: umaskOf(definition.security),
    identity,
    confinement,
    attempts: definition.command ? [asGiven(definition.command)] : shells.map(asGiven),
    mortal: !definition.init && isMortal(definition, purpose),
    environment: definition.environment,
  });
  const before = definition.init ? commandBelowInit(definition, ENDING) : purpose.kind === 'run' ? commandAlone : commandAloneInSilence;
  // What is executed may end before anybody could look at it.
  const ready = definition.init ? [] : [helper({ do: 'ready', path: facts.record })];
  return [...before.map(stage), ...ready, ...steps(command)];
}
