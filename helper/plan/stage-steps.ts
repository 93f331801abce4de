// The stage's part of a sandbox, in blocks that plan.ts puts in order. Pure tables of system calls.
import { constants } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { endWithHelper, here, setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import type { Argument, Call, Instruction } from '../stage/program.ts';
import {
  cloneFlag,
  cloneFlagName,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_NAME,
  PR_SET_SECUREBITS,
  SECBIT_NO_SETUID_FIXUP,
  SIOCSIFFLAGS,
} from '../sys/flags.ts';
import type { Facts, Joined } from './facts.ts';
import { lateOwnMounts, ownMounts } from './own-mounts.ts';
import { enterRoot, hostFiles, leaveOldRoot, rootOf, STAGING } from './root-files.ts';
import { ownSources, takeSources } from './sources.ts';
import { kernelMounts, lateMounts, type Surroundings, systemMounts, systemSources } from './system-mounts.ts';

/** Nothing to do where none of the types is wanted. */
export function unshare(types: readonly NamespaceType[]): Call[] {
  if (types.length === 0) return [];
  const value = types.reduce((sum, type) => sum + cloneFlag[type], 0);
  return [{ call: 'unshare', arguments: [{ text: types.map(type => cloneFlagName[type]).join('|'), value }] }];
}

export const join = ({ handle }: Joined, type: NamespaceType): Call => ({
  call: 'setns',
  arguments: [{ handle }, { text: cloneFlagName[type], value: cloneFlag[type] }],
});

export const filesOf = (definition: Definition, facts: Facts): Call[] => [
  { call: 'umask', arguments: [0] }, // the modes below are meant as they stand, whoever started the helper
  ...hostFiles(definition, facts),
  ...takeSources(definition, facts),
];

/** All mounts but those that need the namespaces of the sandbox's own user namespace. */
export const mountsOf = (definition: Definition, facts: Facts, surroundings: Surroundings): Call[] => [
  ...enterRoot(definition, facts.staging, [...systemSources(surroundings, facts.staging), ...ownSources(definition, facts.staging)]),
  ...kernelMounts(surroundings),
  ...leaveOldRoot,
  ...systemMounts(surroundings),
  ...ownMounts(definition, facts, surroundings.guarded),
];

/** Becomes the caller before the user namespace is made, so that it is the caller's and not root's. */
export const becomeCaller = ({ uid, gid, groups }: Facts): Call[] => [
  // The caller keeps all groups: losing one may give access to what is shut to it (CVE-2014-8989).
  setgroups(groups),
  // Keeps the capabilities over the change of uid: hosts may deny user namespaces to ordinary users.
  {
    call: 'prctl',
    arguments: [
      { text: 'PR_SET_SECUREBITS', value: PR_SET_SECUREBITS },
      { text: 'SECBIT_NO_SETUID_FIXUP', value: SECBIT_NO_SETUID_FIXUP },
    ],
  },
  ...become(uid, gid),
];

/** Ids as the namespace that the process is in counts them. */
export const become = (uid: number, gid: number): Call[] => [
  { call: 'setresgid', arguments: [gid, gid, gid] },
  { call: 'setresuid', arguments: [uid, uid, uid] },
];

/** @param mortal ends with the helper */
export function finish(definition: Definition, surroundings: Surroundings, mortal: boolean): Call[] {
  const { hostname, domainname, name, namespaces } = definition;
  const host = hostname ?? name;
  return [
    ...(namespaces.mnt === true ? [...lateMounts(surroundings), ...lateOwnMounts(definition, surroundings.guarded)] : []),
    ...(namespaces.uts === true ? [{ call: 'sethostname', arguments: [host, host.length] } as const] : []),
    ...(domainname === undefined ? [] : [{ call: 'setdomainname', arguments: [domainname, domainname.length] } as const]),
    { call: 'prctl', arguments: [{ text: 'PR_SET_NAME', value: PR_SET_NAME }, 'burrow-init'] },
    // Without a pid namespace nothing else brings the orphans to init.
    ...(namespaces.pid === true
      ? []
      : [{ call: 'prctl', arguments: [{ text: 'PR_SET_CHILD_SUBREAPER', value: PR_SET_CHILD_SUBREAPER }, 1] } as const]),
    ...(mortal ? [endWithHelper] : []),
  ];
}

/** Without another link the helper has nothing to do in the network namespace. Any socket will do. */
export const loopbackUp = (): Call[] => {
  const request = Buffer.alloc(40); // struct ifreq: the name, and flags behind it
  request.write('lo');
  request.writeInt16LE(IFF_UP, 16);
  return [
    {
      call: 'socket',
      arguments: [{ text: 'AF_UNIX', value: 1 }, { text: 'SOCK_DGRAM|SOCK_CLOEXEC', value: SOCK_DGRAM + O_CLOEXEC }, 0],
      as: 'socket',
    },
    {
      call: 'ioctl',
      arguments: [
        { resultOf: 'socket' },
        { text: 'SIOCSIFFLAGS', value: SIOCSIFFLAGS },
        { bytes: request, text: '{ifr_name="lo", ifr_flags=IFF_UP}' },
      ],
    },
    { call: 'close', arguments: [{ resultOf: 'socket' }] },
  ];
};

const IFF_UP = 1;
const SOCK_DGRAM = 2;

const nothing: Call = {
  call: 'openat',
  arguments: [here, '/dev/null', { text: 'O_RDWR|O_CLOEXEC', value: constants.O_RDWR | O_CLOEXEC }, 0],
  as: 'null',
};

/** From here on are the descriptors that init keeps; all that is below and no stream was needed only on the way. */
const FIRST_KEPT = 200;

/** The first that is kept has that number: the helper finds it there, also a later one that adopts the sandbox. */
export const STAGING_FD = FIRST_KEPT;

const keep = (held: Argument, as: string): Call => ({
  call: 'fcntl',
  arguments: [held, { text: 'F_DUPFD_CLOEXEC', value: F_DUPFD_CLOEXEC }, FIRST_KEPT],
  as,
});

const closeRange = (last: Argument): Call => ({ call: 'close_range', arguments: [FIRST_HANDLE, last, 0] });
const closeOthers = closeRange(FIRST_KEPT - 1);
const closeAll = closeRange({ text: '~0U', value: 0xffff_ffff });

/** What was written to a thrown-away root is reached through its init. */
const keepStaging = (definition: Definition): Call[] =>
  definition.namespaces.mnt === true && rootOf(definition) === 'discard' ? [keep({ resultOf: STAGING }, 'kept staging')] : [];

/** Descriptors 0 to 2 were the helper's; what stays gets the sandbox's own /dev/null. */
const silence: readonly Call[] = [nothing, ...[0, 1, 2].map((fd): Call => ({ call: 'dup3', arguments: [{ resultOf: 'null' }, fd, 0] }))];

export const stayAsInit = (definition: Definition): Instruction[] => [...silence, ...keepStaging(definition), closeOthers, { do: 'init' }];

/** The command, with the streams that the helper gave, below an init. */
export const commandBelowInit = (definition: Definition, ending: string): Instruction[] => [
  ...keepStaging(definition),
  nothing,
  keep({ resultOf: 'null' }, 'kept null'),
  keep({ handle: ending }, 'kept ending'),
  closeOthers,
  { do: 'command', ending: { resultOf: 'kept ending' }, null: { resultOf: 'kept null' }, stays: definition.onExit === 'keep' },
  closeAll,
];

export const commandAlone: readonly Instruction[] = [closeAll];
export const commandAloneInSilence: readonly Instruction[] = [...silence, closeAll];
