// Where this host has control groups. Nothing here knows a path: hosts mount v2 alone, v1 alone, or both side by side.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseCgroup, parseMountInfo } from '../sys/procfs.ts';

export interface Hierarchy {
  readonly version: 1 | 2;
  /** The directory of its root cgroup. */
  readonly mount: string;
  /** Those that a cgroup of ours can have; none for a v1 hierarchy that has a name instead. */
  readonly controllers: readonly string[];
  readonly name?: string;
  /**
   * The files of a cgroup that is not the root, as far as one shows them: on v2 those of a controller that is off
   * everywhere are not among them. Undefined where there was none to look at.
   */
  readonly files?: readonly string[];
}

/** The cgroup that holds all of Burrow's, in every hierarchy. */
export const OURS = 'burrow';

/** What the table of mounts does not say. */
export interface Host {
  /** Is it this file system that one reaches by that path? Another may be mounted over it. */
  readonly isMounted: (path: string, device: string) => boolean;
  /** Undefined when there is no such file. */
  readonly read: (path: string) => string | undefined;
  /** The files of some cgroup below this root cgroup. */
  readonly filesBelow: (root: string) => readonly string[] | undefined;
}

/** cgroups(7). A mount's options name them between options of other kinds. */
const v1Controllers: ReadonlySet<string> = new Set(
  'cpu cpuacct cpuset memory devices freezer net_cls net_prio blkio perf_event hugetlb pids rdma misc'.split(' '),
);

/**
 * Each hierarchy once, where it is mounted as a whole and for writing.
 * @param mountInfo the text of /proc/self/mountinfo
 */
export function findHierarchies(mountInfo: string, host: Host): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const { device, root, path, fileSystem, options } of parseMountInfo(mountInfo)) {
    const given = options.split(',');
    if (!fileSystem.startsWith('cgroup') || root !== '/' || given.includes('ro') || found.has(device)) continue;
    if (!host.isMounted(path, device)) continue;
    const version = fileSystem === 'cgroup2' ? 2 : 1;
    const controllers = version === 2 ? usableControllers(path, host) : given.filter(option => v1Controllers.has(option));
    const name = given.find(option => option.startsWith(NAME))?.slice(NAME.length);
    const files = host.filesBelow(path);
    found.set(device, { version, mount: path, controllers, ...(name !== undefined && { name }), ...(files && { files }) });
  }
  return [...found.values()];
}

const NAME = 'name=';

/**
 * The hierarchies that are in use on this host but not among those found, as /proc/PID/cgroup calls them: mounted for
 * other processes only, or in part. Who is root outside too and has CAP_SYS_ADMIN sees in them what the helper sees,
 * though every hierarchy that was found is kept from him.
 * @param ownCgroups the text of /proc/self/cgroup
 */
export function findHidden(ownCgroups: string, hierarchies: readonly Hierarchy[]): string[] {
  const known = new Set(hierarchies.flatMap(each => (each.version === 2 ? [''] : [...each.controllers, `${NAME}${each.name}`])));
  const lines = parseCgroup(ownCgroups).filter(({ controllers }) => !controllers.split(',').some(each => known.has(each)));
  return lines.map(({ controllers }) => controllers || 'cgroup2');
}

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter(Boolean);

/**
 * What cgroups below the root of a v2 hierarchy can have. A root that is a container's own, seen through its cgroup
 * namespace, holds processes, and then its cgroups get no more than is switched on already: "no internal processes",
 * cgroups(7). The host's root is exempt from this rule; it alone has no cgroup.type.
 */
function usableControllers(mount: string, { read }: Host): string[] {
  const isRestricted = read(join(mount, 'cgroup.type')) !== undefined && words(read(join(mount, 'cgroup.procs'))).length > 0;
  return words(read(join(mount, isRestricted ? 'cgroup.subtree_control' : 'cgroup.controllers')));
}

/** Those by which systemd, elogind and OpenRC know what belongs to a login session or a service. */
export const tracks = ({ version, name }: Hierarchy): boolean => version === 2 || name !== undefined;

/** @returns undefined when nobody can know before the controller is switched on; `mark` is a file that it always has */
export function hasFile({ version, files }: Hierarchy, file: string, mark: string): boolean | undefined {
  if (!files) return undefined;
  return version === 1 || files.includes(mark) ? files.includes(file) : undefined;
}

const thisHost: Host = {
  isMounted: (path, device) => {
    const [major = 0, minor = 0] = device.split(':').map(Number);
    const there = attempt(() => statSync(path).dev);
    // makedev(3), as far as majors below 4096 go. A `<<` would make the highest minors negative.
    return there === (minor & 0xff) + major * 0x100 + (minor & ~0xff) * 0x1000;
  },
  read: path => attempt(() => readFileSync(path, 'utf8')),
  filesBelow: root => {
    const child = attempt(() => readdirSync(root, { withFileTypes: true }))?.find(entry => entry.isDirectory());
    if (child) return attempt(() => readdirSync(join(root, child.name)));
    // Most files are not on a root, so one is made for the look; without root's rights it stays unknown.
    const own = join(root, OURS);
    return attempt(() => {
      mkdirSync(own);
      const files = attempt(() => readdirSync(own));
      attempt(() => rmdirSync(own)); // another helper may use it by now
      return files;
    });
  },
};

/** A cgroup may go, or a mount be covered, between any two looks. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

let known: readonly Hierarchy[] | undefined;

/** Those of this host as this process sees them. To look takes a few milliseconds, and they do not come and go on a host that runs. */
export function hostHierarchies(): readonly Hierarchy[] {
  known ??= findHierarchies(readFileSync('/proc/self/mountinfo', 'utf8'), thisHost);
  return known;
}
