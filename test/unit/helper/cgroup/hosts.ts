// Hosts as their table of mounts shows them, and what is in the files that it does not show.
import { findHierarchies, type Hierarchy, type Host } from '../../../../helper/cgroup/hierarchies.ts';

/** As each kind of host was seen, shortened to what is there for cgroups and around it. */
export const mountInfo = {
  systemd: `22 28 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
31 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`,
  hybrid: `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
47 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`,
  v1: `25 18 0:22 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
26 25 0:23 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:10 - cgroup cgroup rw,xattr,release_agent=/lib/systemd/systemd-cgroups-agent,name=systemd
30 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime shared:13 - cgroup cgroup rw,cpu,cpuacct
31 25 0:27 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:14 - cgroup cgroup rw,memory
32 25 0:28 / /sys/fs/cgroup/cpuset rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,cpuset,clone_children
33 25 0:29 / /sys/fs/cgroup/net_cls,net_prio rw,nosuid,nodev,noexec,relatime shared:16 - cgroup cgroup rw,net_cls,net_prio
`,
};

const plain = 'cgroup.procs cgroup.type cgroup.events cgroup.freeze cgroup.kill cpu.stat cpu.pressure memory.pressure io.pressure'.split(
  ' ',
);

/** What a cgroup has with each controller of v2. */
export const v2Files = {
  plain,
  memory: ['memory.max', 'memory.swap.max', 'memory.peak'],
  cpu: ['cpu.max', 'cpu.weight'],
  pids: ['pids.max'],
};

export const fakeHost = (files: Readonly<Record<string, string>>, below: readonly string[] | undefined = undefined): Host => ({
  isMounted: () => true,
  read: path => files[path],
  filesBelow: () => below,
});

const controllers = { 'cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n' };

const at = (mount: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${mount}/${name}`, text]));

export const systemdHost = (below?: readonly string[]): Hierarchy[] =>
  findHierarchies(mountInfo.systemd, fakeHost(at('/sys/fs/cgroup', controllers), below));
export const hybridHost = (): Hierarchy[] =>
  findHierarchies(mountInfo.hybrid, fakeHost({ '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb\n' }));
export const v1Host = (): Hierarchy[] => findHierarchies(mountInfo.v1, fakeHost({}));
/** A container that has a cgroup namespace: what it sees as the root is not the host's. */
export const inContainer = (processes: string): Hierarchy[] =>
  findHierarchies(
    mountInfo.systemd,
    fakeHost(
      at('/sys/fs/cgroup', { ...controllers, 'cgroup.type': 'domain\n', 'cgroup.procs': processes, 'cgroup.subtree_control': 'pids\n' }),
    ),
  );
