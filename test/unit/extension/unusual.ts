import { Machine } from '../../../extension/machine/machine.ts';
import { type Namespace, noHolders } from '../../../helper/protocol/model.ts';
import { host, namespace, process, snapshot, web } from './example.ts';

const held = (inode: number, holders: Partial<Namespace['holders']>, more: Partial<Namespace> = {}): Namespace =>
  namespace({ type: 'net', inode }, { holders: { ...noHolders, ...holders }, ...more });

/** Namespaces that something else than a process keeps alive, one for each way. */
export const heldOtherwise: readonly Namespace[] = [
  held(51, { threads: [{ pid: 100, tid: 101 }] }),
  held(52, { descriptors: [{ pid: 100, fd: 7 }] }),
  held(53, { sockets: [{ pid: 100, fd: 9 }] }),
  held(54, { mounts: [{ path: '/run/kept', mnt: 21 }] }),
  held(55, { descriptors: [{ pid: 100, fd: 8 }], mounts: [{ path: '/a' }, { path: '/b' }], unnamed: 2 }),
  held(56, {}),
  namespace({ type: 'pid', inode: 57 }, { parent: 12, holders: { ...noHolders, pending: [100] } }),
  // Nobody is in the outer one, and somebody in the inner one.
  namespace(
    { type: 'user', inode: 58 },
    { parent: 13, ownerUid: 1000, holders: { ...noHolders, children: [{ type: 'user', inode: 59 }] } },
  ),
  namespace({ type: 'user', inode: 59 }, { parent: 58, owner: 58, ownerUid: 1000, holders: { ...noHolders, processes: 1, oldest: 110 } }),
  namespace({ type: 'net', inode: 60 }, { owner: 59, holders: { ...noHolders, processes: 1, oldest: 110 } }),
];

const python = process(100, 'python3', host, { parent: 70, threads: [{ tid: 101, namespaces: { net: 51 } }], forChildren: { pid: 57 } });
const rootless = process(110, 'bwrap', { ...host, user: 59, net: 60 }, { parent: 70, uid: 1000 });
const kernel = [process(2, 'kthreadd', host, { parent: 0, command: '' }), process(3, 'kworker/0:0', host, { parent: 2, command: '' })];

export const unusualSnapshot = {
  ...snapshot,
  namespaces: [...snapshot.namespaces, ...heldOtherwise],
  processes: [...kernel, ...snapshot.processes, python, rootless],
  gaps: [{ subject: 'pid 7 and 3 more', reason: 'namespaces of processes: EACCES' }],
};

export const unusual = new Machine(unusualSnapshot, [web], { helperPid: 1, privileged: false, uid: 0 });
