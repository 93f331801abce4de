// What is fixed about namespaces, for who needs no schema: zod takes megabytes and milliseconds to load.
import type { Holders, NamespaceKey } from './model.ts';

/** The eight kinds, in the order in which views list them; `mnt` is the kernel's word for mount namespaces. */
export const namespaceTypes = ['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const;

export const namespaceId = (key: NamespaceKey): string => `${key.type}:[${key.inode}]`;

/** Lists of holders end here, so that nobody can make one without end; `unnamed` counts the rest. */
export const holderLimit = 256;

export const noHolders: Holders = {
  processes: 0,
  threads: [],
  pending: [],
  descriptors: [],
  sockets: [],
  mounts: [],
  children: [],
  unnamed: 0,
};
