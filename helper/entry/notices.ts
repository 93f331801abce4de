// What a person should know about a shell before typing into it.
import { type NamespaceType, namespaceTypes } from '../protocol/model.ts';
import { hasSupervisor } from '../seccomp/read-filters.ts';
import { statusField } from '../sys/procfs.ts';
import type { AsWhom } from './as-whom.ts';
import type { Entered } from './entered.ts';
import { bitsOf, isFiltered, powersBeside } from './powers.ts';
import type { EntryPlan } from './program.ts';
import { shownAt, type Tools } from './view.ts';

type Whom = Pick<AsWhom, 'isResident' | 'outside'>;

export function noticesFor(entered: Entered, as: Whom, plan: EntryPlan): string[] {
  const { view, types } = plan;
  const tools = view?.tools;
  return [
    ...(tools && types.length === 0 ? ["all namespaces are the host's"] : whereAmI(entered, types)),
    ...whatHolds(entered),
    ...(tools ? [whoseFiles(entered, tools)] : []),
    ...strangeFiles(entered, plan),
    ...entered.notices,
    ...whoseEnvironment(entered, as),
    ...powers(entered, as, plan),
  ];
}

/** `mnt uts ipc pid net of redis-1; user, cgroup and time are the host's`; nothing when all eight are joined. */
function whereAmI({ label }: Entered, joined: readonly NamespaceType[]): string[] {
  const outside = namespaceTypes.filter(type => !joined.includes(type));
  if (outside.length === 0) return [];
  if (joined.length === 0) return [`${label} shares all namespaces with the host`];
  const list = outside.length === 1 ? outside[0] : `${outside.slice(0, -1).join(', ')} and ${outside.at(-1)}`;
  return [
    `${namespaceTypes.filter(type => joined.includes(type)).join(' ')} of ${label}; ${list} ${outside.length === 1 ? 'is' : 'are'} the host's`,
  ];
}

/** What was joined though nobody asked for it. */
function whatHolds({ brought, label }: Entered): string[] {
  if (brought.size === 0) return [];
  return [`${namespaceTypes.filter(type => brought.has(type)).join(' and ')} came with mnt: the programs of ${label} run only in there`];
}

function whoseFiles({ label }: Entered, tools: Tools): string {
  const whose = tools.directory === '/' ? "this machine's" : `those of ${tools.directory}`;
  return `the programs are ${whose}; the files of ${label} are at ${shownAt(tools)}, ${tools.writable ? 'and may be changed' : 'to be read'}`;
}

/** The environment of a process that came from outside is not for who is inside, and may hold secrets. */
function whoseEnvironment({ resident, terms }: Entered, { isResident }: Whom): string[] {
  if (!resident || terms || !isResident || resident.origin.givenTo === 'itself') return [];
  const instead = resident.origin.givenTo === 'nobody' ? 'none of its environment' : 'the environment of the program that it started there';
  return [`${resident.name} was not started in there: this shell has ${instead}`];
}

/** The files are of other namespaces than the shell is in: of a target that was joined in part, or of this machine. */
function strangeFiles({ ownTypes }: Entered, { types, view }: EntryPlan): string[] {
  const isStrange = (type: NamespaceType): boolean =>
    types.includes('mnt') ? ownTypes.has(type) && !types.includes(type) : types.includes(type) && !view;
  const wrong = [...(isStrange('pid') ? ['/proc'] : []), ...(isStrange('net') ? ['/sys'] : [])];
  return wrong.length === 0
    ? []
    : [`${wrong.join(' and ')} ${wrong.length === 1 ? 'is' : 'are'} not of the namespaces that this shell is in`];
}

const copiedFilter = (name: string, filters: readonly Uint8Array[]): string[] => [
  `the seccomp filter of ${name} holds this shell; to read it ${name} was stopped for a moment`,
  ...(filters.some(hasSupervisor) ? [`system calls that a supervisor answers for ${name} fail in this shell (ENOSYS)`] : []),
];

/** The shell is started beside a process, not by it: it has not given up all that that process gave up. */
function powers(entered: Entered, { isResident, outside }: Whom, plan: EntryPlan): string[] {
  const { resident, takesPlace, terms } = entered;
  if (!resident || terms) return [];
  const { name, label } = resident;
  const { filter, copied } = plan.command.confinement;
  const isRoot = plan.command.identity.uid === 0;
  const theirs = bitsOf(statusField(resident.status, 'CapEff')).length;
  const ours = powersBeside(entered).capabilities;
  const more = [
    ...(takesPlace && isRoot && !isResident && resident.uid !== outside.uid ? [`it is root (${name} is user ${resident.uid})`] : []),
    ...(isFiltered(resident) && !filter && !copied
      ? [resident.is32Bit ? 'no seccomp filter, as its program has 32 bits' : 'no seccomp filter']
      : []),
    // In a user namespace of its own a new shell has all capabilities, over that namespace only.
    ...(isRoot && !plan.types.includes('user') && ours > theirs ? [`${ours} capabilities (it has ${theirs})`] : []),
    ...(label && !plan.lsm ? [`not held by ${label.text}`] : []),
  ];
  return [
    ...(more.length > 0 ? [`this shell can do more than ${name}: ${more.join(', ')}`] : []),
    ...(filter
      ? [
          `a seccomp filter of Burrow's own holds this shell: to read that of ${name} it must be stopped for a moment, which "filter" own does`,
        ]
      : []),
    ...(copied ? copiedFilter(name, copied) : []),
  ];
}
