// The limits of each process that setrlimit(2) has, by the names that ulimit and OCI know.
import type { Call } from '../stage/program.ts';

/** asm-generic/resource.h. Bytes for as, core, data, fsize, memlock, msgqueue, rss and stack; seconds for cpu; microseconds for rttime. */
export const resources = {
  as: 9,
  core: 4,
  cpu: 0,
  data: 2,
  fsize: 1,
  locks: 10,
  memlock: 8,
  msgqueue: 12,
  nice: 13,
  nofile: 7,
  nproc: 6,
  rss: 5,
  rtprio: 14,
  rttime: 15,
  sigpending: 11,
  stack: 3,
} as const;

export type Resource = keyof typeof resources;
export type Limit = number | 'unlimited';
/** One value stands for both: a soft limit below the hard one can be raised again from inside. */
export type Limits = Readonly<Partial<Record<Resource, Limit | { readonly soft: Limit; readonly hard: Limit }>>>;

/**
 * Limits the process that makes the calls, and all its children.
 *
 * Only CAP_SYS_RESOURCE of the host lifts a hard limit, that of a sandbox's own user namespace does not: EPERM.
 * What is above the helper's own hard limit has to be set before the user namespace is made or joined.
 */
export const limit = (limits: Limits): Call[] =>
  (Object.keys(resources) as Resource[]).flatMap((name): Call[] => {
    const given = limits[name];
    if (given === undefined) return [];
    const { soft, hard } = typeof given === 'object' ? given : { soft: given, hard: given };
    const resource = { text: `RLIMIT_${name.toUpperCase()}`, value: resources[name] };
    const text = `{rlim_cur=${show(soft)}, rlim_max=${show(hard)}}`;
    return [
      {
        call: 'prlimit64',
        arguments: [0, resource, { bytes: Buffer.from(new BigUint64Array([soft, hard].map(bits)).buffer), text }, null],
      },
    ];
  });

/** linux/resource.h */
const RLIM64_INFINITY = 0xffff_ffff_ffff_ffffn;

const bits = (value: Limit): bigint => (value === 'unlimited' ? RLIM64_INFINITY : BigInt(value));
const show = (value: Limit): string => (value === 'unlimited' ? 'RLIM64_INFINITY' : String(value));
