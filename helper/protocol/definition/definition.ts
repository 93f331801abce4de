// A sandbox as a person writes it down. One source of the types, of the checks on both sides of the
// socket and of the schema that editors complete and explain definition files with.
import * as z from 'zod';
import { AbsolutePath, Environment, PlainText, User } from '../target.ts';
import { Limits } from './limits.ts';
import { Mount } from './mounts.ts';
import { Namespaces } from './namespaces.ts';
import { Network } from './network.ts';
import { Root } from './root.ts';
import { Security } from './security.ts';
import { Users } from './users.ts';

export const SandboxName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    'must be 1 to 32 lower-case letters, digits and dashes, with a letter or digit at both ends',
  );

const HostName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/, 'must be a host name of at most 64 characters');

/** Offsets may be negative; a clock that would be is refused by the kernel (ERANGE). */
const Seconds = z
  .int()
  .min(-(2 ** 31))
  .max(2 ** 31)
  .default(0);

export const keys = {
  $schema: z.string().optional().describe('Where an editor finds the schema; Burrow ignores it.'),
  namespaces: Namespaces.prefault({}).describe(
    'Which namespaces it gets. A list: new ones of these types, the rest are the host\'s. An object: for each type true (new), false (the host\'s), or which one to join, like {"net": "container:redis-1"}. All eight are new when left out.',
  ),
  hostname: HostName.optional().describe('The host name inside; the name when left out.'),
  domainname: HostName.optional().describe('The NIS domain name inside; unchanged when left out.'),
  users: Users.optional().describe(
    'root: only you, as root inside. auto: you as root, and your range of /etc/subuid and /etc/subgid as the users from 1 on. same: only you, as yourself. {"uid": […], "gid": […]}: maps of your own. {"tenant": 3}: root of a reserved block of ids. root when left out.',
  ),
  time: z
    .strictObject({
      monotonicSeconds: Seconds.describe('Added to CLOCK_MONOTONIC inside.'),
      boottimeSeconds: Seconds.describe('Added to CLOCK_BOOTTIME, and so to the uptime, inside.'),
    })
    .prefault({})
    .describe('Offsets of the clocks inside.'),
  root: Root.optional().describe(
    "discard: this machine's files, writes go to memory and vanish unless you keep them. readonly: this machine's files, unchangeable. host: this machine's files as they are. empty: nothing but the mounts. Or a directory, a tar archive or an OCI image. discard when left out.",
  ),
  mounts: z
    .array(Mount)
    .max(64)
    .optional()
    .describe('Mounted inside, in this order, after /proc, /sys, /dev and /run; a tmpfs at /tmp when left out.'),
  network: Network.optional().describe(
    'link: a veth pair to the host in a free subnet of 10.201.0.0/16. none: only the loopback. Or the two addresses of the pair. link when left out.',
  ),
  limits: Limits.default({}).describe('What it may use of the machine; no limits when left out.'),
  security: Security.prefault({}).describe('What its processes may do.'),
  user: User.optional().describe(
    'As whom commands run inside: a name, a number, or UID:GID; root, or whoever is mapped first, when left out.',
  ),
  command: z
    .array(PlainText)
    .min(1)
    .max(4096)
    .optional()
    .describe('What `burrow run` executes, without a shell in between; a shell when left out.'),
  environment: Environment.default({}).describe('Variables of the command.'),
  directory: AbsolutePath.default('/').describe("The command's working directory inside."),
  init: z
    .union([z.boolean(), z.literal('none')])
    .default(true)
    .describe(
      'true: a small init is pid 1, takes in orphans and passes signals on. false: the command is pid 1. "none": no process stays, the namespaces are kept by themselves.',
    ),
  persist: z
    .boolean()
    .default(true)
    .describe(
      'true: it outlives the window that made it, and the helper. false: it is removed when who made it leaves. A run of its command ends with whoever started it, either way.',
    ),
  onExit: z.enum(['remove', 'keep']).default('remove').describe('What becomes of the sandbox when a run of its command has ended.'),
} as const;

/** What cannot be together, by the key that is refused. */
interface Conflict {
  readonly key: string;
  readonly when: (definition: z.infer<typeof Keys>) => boolean;
  readonly says: string;
}

const Keys = z.strictObject({ name: SandboxName.describe('Names the sandbox; one sandbox of a name at a time.'), ...keys });

const conflicts: readonly Conflict[] = [
  { key: 'hostname', when: each => each.hostname !== undefined && each.namespaces.uts !== true, says: 'needs a uts namespace of its own' },
  {
    key: 'domainname',
    when: each => each.domainname !== undefined && each.namespaces.uts !== true,
    says: 'needs a uts namespace of its own',
  },
  { key: 'users', when: each => each.users !== undefined && each.namespaces.user !== true, says: 'needs a user namespace of its own' },
  { key: 'root', when: each => each.root !== undefined && each.namespaces.mnt !== true, says: 'needs a mnt namespace of its own' },
  { key: 'mounts', when: each => each.mounts !== undefined && each.namespaces.mnt !== true, says: 'needs a mnt namespace of its own' },
  {
    key: 'network',
    when: each => each.network !== undefined && each.network !== 'none' && each.namespaces.net !== true,
    says: 'needs a net namespace of its own',
  },
  {
    key: 'time',
    when: ({ time, namespaces }) => (time.monotonicSeconds !== 0 || time.boottimeSeconds !== 0) && namespaces.time !== true,
    says: 'needs a time namespace of its own',
  },
  {
    key: 'mounts',
    when: ({ mounts = [], namespaces }) => namespaces.cgroup !== true && mounts.some(each => each.type === 'cgroup2'),
    says: 'has a cgroup2, which needs a cgroup namespace of its own',
  },
  {
    key: 'init',
    when: each => each.init === 'none' && each.namespaces.pid !== false,
    says: 'cannot be "none" with a pid namespace, which ends with its init; add "pid": false to namespaces',
  },
  { key: 'init', when: each => each.init === false && each.command === undefined, says: 'is false, so there must be a command' },
];

/** The checks of a whole definition: what its keys say of each other. */
export const Definition = Keys.superRefine((definition, context) => {
  for (const { key, when, says } of conflicts) if (when(definition)) context.addIssue({ code: 'custom', path: [key], message: says });
});
export type Definition = z.infer<typeof Definition>;
/** A definition before its defaults are filled in. */
export type DefinitionInput = z.input<typeof Definition>;
