// Capabilities by name, and the calls that give them up.
import { readFileSync } from 'node:fs';
import type { Call } from '../stage/program.ts';
import { _LINUX_CAPABILITY_VERSION_3, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAPBSET_DROP } from '../sys/flags.ts';

/** linux/capability.h: the place in the list is the number. */
// biome-ignore format: a table
export const capabilities = [
  'CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_DAC_READ_SEARCH', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_KILL', 'CAP_SETGID', 'CAP_SETUID',
  'CAP_SETPCAP', 'CAP_LINUX_IMMUTABLE', 'CAP_NET_BIND_SERVICE', 'CAP_NET_BROADCAST', 'CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_IPC_LOCK', 'CAP_IPC_OWNER',
  'CAP_SYS_MODULE', 'CAP_SYS_RAWIO', 'CAP_SYS_CHROOT', 'CAP_SYS_PTRACE', 'CAP_SYS_PACCT', 'CAP_SYS_ADMIN', 'CAP_SYS_BOOT', 'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE', 'CAP_SYS_TIME', 'CAP_SYS_TTY_CONFIG', 'CAP_MKNOD', 'CAP_LEASE', 'CAP_AUDIT_WRITE', 'CAP_AUDIT_CONTROL', 'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE', 'CAP_MAC_ADMIN', 'CAP_SYSLOG', 'CAP_WAKE_ALARM', 'CAP_BLOCK_SUSPEND', 'CAP_AUDIT_READ', 'CAP_PERFMON', 'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

export type Capability = (typeof capabilities)[number];

/** What engines leave root of a container of the host's own user namespace: nothing over the machine. Docker's and Podman's default. */
export const containerCapabilities: ReadonlySet<Capability> = new Set([
  'CAP_AUDIT_WRITE',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_MKNOD',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_RAW',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETPCAP',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
]);

export const capabilityNumber = (name: Capability): number => capabilities.indexOf(name);

/** The highest number that this kernel has. */
export function lastCapability(): number {
  last ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'latin1'));
  return last;
}

let last: number | undefined;

/**
 * Takes all but the kept ones out of the bounding set, for good and for all children: whatever is executed
 * comes out with none of them. Needs CAP_SETPCAP in the user namespace.
 * @param last of {@link lastCapability}; those that have no name here are dropped too
 */
export const dropFromBoundingSet = (kept: ReadonlySet<Capability>, last: number): Call[] =>
  Array.from({ length: last + 1 }, (_, number) => ({ number, name: capabilities[number] }))
    .filter(({ name }) => name === undefined || !kept.has(name))
    .map(({ number, name = `${number}` }) => ({
      call: 'prctl',
      arguments: [
        { text: 'PR_CAPBSET_DROP', value: PR_CAPBSET_DROP },
        { text: name, value: number },
      ],
    }));

/** Exactly these, and no more than the inheritable ones inheritable; ambient ones that are not go with that, capabilities(7). */
export function setCapabilities(exactly: ReadonlySet<Capability>, inheritable: ReadonlySet<Capability> = new Set()): Call {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(_LINUX_CAPABILITY_VERSION_3, 0);
  const sets = Buffer.alloc(24); // effective, permitted and inheritable, the low 32 bits of each and then the high ones
  for (const [index, names] of [exactly, exactly, inheritable].entries()) {
    const bits = [...names].reduce((sum, name) => sum | (1n << BigInt(capabilityNumber(name))), 0n);
    sets.writeUInt32LE(Number(bits & 0xffff_ffffn), index * 4);
    sets.writeUInt32LE(Number(bits >> 32n), 12 + index * 4);
  }
  const names = namesOf(exactly);
  return {
    call: 'capset',
    arguments: [
      { bytes: header, text: '{version=_LINUX_CAPABILITY_VERSION_3, pid=0}' },
      { bytes: sets, text: `{effective=${names}, permitted=${names}, inheritable=${namesOf(inheritable)}}` },
    ],
  };
}

const namesOf = (set: ReadonlySet<Capability>): string => capabilities.filter(name => set.has(name)).join('|') || '0';

/** Makes ambient what is permitted and inheritable already: it outlives execve(2) for who is not root. */
export const raise = (names: ReadonlySet<Capability>): Call[] =>
  [...names].map(name => ({
    call: 'prctl',
    arguments: [
      { text: 'PR_CAP_AMBIENT', value: PR_CAP_AMBIENT },
      { text: 'PR_CAP_AMBIENT_RAISE', value: PR_CAP_AMBIENT_RAISE },
      { text: name, value: capabilityNumber(name) },
      0,
      0,
    ],
  }));
