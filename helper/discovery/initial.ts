import type { NamespaceInodes, NamespaceKey, NamespaceType, Process } from '../protocol/model.ts';

/** Fixed by linux/proc_ns.h (mnt and net: since 6.18); older kernels' mnt and net are those of kthreadd. */
const fixed: Readonly<Record<NamespaceType, number>> = {
  ipc: 0xefff_ffff,
  uts: 0xefff_fffe,
  user: 0xefff_fffd,
  pid: 0xefff_fffc,
  cgroup: 0xefff_fffb,
  time: 0xefff_fffa,
  net: 0xefff_fff9,
  mnt: 0xefff_fff8,
};

export const KTHREADD = 2;

/** Tells the namespaces that the machine booted with. */
export function initialNamespaces(processes: ReadonlyMap<number, Process>): (key: NamespaceKey) => boolean {
  const kthreadd = processes.get(KTHREADD);
  const inodes: NamespaceInodes = { ...fixed, ...(kthreadd?.name === 'kthreadd' && kthreadd.parent === 0 && kthreadd.namespaces) };
  return ({ type, inode }) => inodes[type] === inode;
}

export const isInitial = ({ type, inode }: NamespaceKey): boolean => fixed[type] === inode;
