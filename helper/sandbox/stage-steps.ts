// The stage's part of a sandbox, in blocks that plan.ts puts in order. Pure tables of system calls.
import { constants } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { setgroups } from '../stage/calls.ts';
import { FIRST_HANDLE } from '../stage/encode.ts';
import type { Call } from '../stage/program.ts';
import { cloneFlag, cloneFlagName, O_CLOEXEC, PR_SET_NAME, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP } from '../sys/flags.ts';
import { here } from './mount-calls.ts';
import { enterRoot, hostFiles, leaveOldRoot, ownMounts } from './root-files.ts';
import { ownSources, takeSources } from './sources.ts';
import { lateMounts, systemMounts, systemSources } from './system-mounts.ts';

/** Who a sandbox is made for, and where it is put together. */
export interface StageFacts {
  readonly staging: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Mount points of the host's other disks, which a thrown-away root covers too. */
  readonly disks: readonly string[];
  /** Those of the definition's sources that are no directories. */
  readonly files: ReadonlySet<string>;
  /** The namespaces that this kernel has. */
  readonly types: ReadonlySet<NamespaceType>;
}

/** Only what this kernel has: `supported` is of {@link StageFacts}. */
export function unshare(supported: ReadonlySet<NamespaceType>, ...wanted: readonly NamespaceType[]): Call {
  const types = wanted.filter(type => supported.has(type));
  return {
    call: 'unshare',
    arguments: [{ text: types.map(type => cloneFlagName[type]).join('|'), value: types.reduce((sum, type) => sum + cloneFlag[type], 0) }],
  };
}

export const filesOf = (definition: Definition, facts: StageFacts): Call[] => [
  ...hostFiles(definition, facts.staging, facts.disks),
  ...takeSources(definition, facts),
];

/** All mounts but those that need the namespaces of the sandbox's own user namespace. */
export const mountsOf = (definition: Definition, { staging }: StageFacts, guarded: boolean): Call[] => [
  { call: 'umask', arguments: [0] }, // the modes below are meant as they stand
  ...enterRoot(definition, staging, [...systemSources(guarded), ...ownSources(definition, staging)]),
  ...systemMounts(guarded),
  ...ownMounts(definition),
  ...leaveOldRoot,
];

/** Becomes the caller before the user namespace is made, so that it is the caller's and not root's. */
export const becomeCaller = ({ uid, gid, groups, types }: StageFacts): Call[] => [
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
  { call: 'setresgid', arguments: [gid, gid, gid] },
  { call: 'setresuid', arguments: [uid, uid, uid] },
  unshare(types, 'user'),
];

export const becomeRoot: readonly Call[] = [
  { call: 'setresgid', arguments: [0, 0, 0] },
  { call: 'setresuid', arguments: [0, 0, 0] },
];

export const finish = ({ hostname, name }: Definition, guarded: boolean): Call[] => [
  ...lateMounts(guarded),
  { call: 'sethostname', arguments: [hostname ?? name, (hostname ?? name).length] },
  { call: 'prctl', arguments: [{ text: 'PR_SET_NAME', value: PR_SET_NAME }, 'burrow-init'] },
  // Descriptors 0 to 2 were the helper's; init gets its own /dev/null.
  { call: 'openat', arguments: [here, '/dev/null', { text: 'O_RDWR|O_CLOEXEC', value: constants.O_RDWR | O_CLOEXEC }, 0], as: 'null' },
  ...[0, 1, 2].map((fd): Call => ({ call: 'dup3', arguments: [{ resultOf: 'null' }, fd, 0] })),
  { call: 'close', arguments: [{ resultOf: 'null' }] },
  { call: 'close_range', arguments: [FIRST_HANDLE, { text: '~0U', value: 0xffff_ffff }, 0] },
];
