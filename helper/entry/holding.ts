// What holds the programs of a mount namespace: the user namespace that owns it, and the pid namespace that its /proc is of.
// Whoever made it may be anybody, so its programs run inside all of these or not at all.
import { closeSync, openSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { NS_GET_PARENT, NS_GET_USERNS } from '../sys/flags.ts';
import { reopenPath } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';
import { inodeOf, ownInode } from '../sys/namespaces.ts';
import type { Entered } from './entered.ts';
import { ownerOfProc } from './proc-owner.ts';

type Holder = Extract<NamespaceType, 'user' | 'pid'>;

/**
 * The user namespace that owns another namespace, or the parent of a user or pid namespace, ioctl_ns(2).
 * @returns a descriptor that is the caller's; undefined where it is no descendant of the helper's own (EPERM)
 */
function above(fd: number, request: typeof NS_GET_USERNS | typeof NS_GET_PARENT): number | undefined {
  try {
    return sys('ioctl', 'the namespace above', fd, request, 'int', 0);
  } catch (error) {
    if (error instanceof SysError && error.errno === 'EPERM') return undefined;
    throw error;
  }
}

/** Whether a user or pid namespace is another one, or inside of it. Both are the helper's own or below that. */
export function isWithin(inner: number, outer: number): boolean {
  const wanted = inodeOf(outer);
  if (inodeOf(inner) === wanted) return true;
  const next = above(inner, NS_GET_PARENT);
  if (next === undefined) return false;
  try {
    return isWithin(next, outer);
  } finally {
    closeSync(next);
  }
}

/**
 * Joins what holds the programs of the mount namespace or the root directory that is entered, besides what was asked for. Of the user namespaces that
 * hold them the innermost is enough: the kernel lets root of an outer one join it at once.
 * @returns false where nothing shows in which pid namespace they would be
 * @throws Refusal `invalid` when a namespace was asked for that is outside of them
 */
export function joinHolders(entered: Entered): boolean {
  const mnt = entered.namespaces.get('mnt');
  if (mnt === undefined && entered.root === undefined) return true; // the programs are this machine's
  // In this machine's mounts it is a directory that somebody has made to its root.
  const owner = mnt === undefined ? openSync('/proc/self/ns/user', 'r') : above(mnt, NS_GET_USERNS);
  try {
    if (owner !== undefined) joinUser(entered, owner);
  } finally {
    if (owner !== undefined) closeSync(owner);
  }
  return joinPid(entered);
}

function joinUser(entered: Entered, owner: number): void {
  const { inhabitant } = entered;
  const inner = inhabitant && isWithin(inhabitant.user, owner) ? inhabitant.user : owner;
  joinInner(entered, 'user', inner, owner);
}

function joinPid(entered: Entered): boolean {
  const { inhabitant, root } = entered;
  if (inhabitant && inodeOf(inhabitant.pid) !== ownInode('pid')) {
    joinInner(entered, 'pid', inhabitant.pid, inhabitant.pid);
    return true;
  }
  // A process of this machine's may have gone into the mounts of a container alone.
  const shown = root === undefined ? 'none' : ownerOfProc(root);
  if (typeof shown === 'string') return shown === 'own' || (shown === 'none' && inhabitant !== undefined) || process.getuid?.() !== 0;
  try {
    joinInner(entered, 'pid', shown, shown);
    return true;
  } finally {
    closeSync(shown);
  }
}

/**
 * @param inner what is joined where nothing was asked for
 * @param enough what was asked for must be this one or inside of it
 */
function joinInner(entered: Entered, type: Holder, inner: number, enough: number): void {
  const { namespaces, label } = entered;
  const asked = namespaces.get(type);
  if (asked === undefined && inodeOf(inner) === ownInode(type)) return;
  if (asked !== undefined) {
    if (isWithin(asked, enough)) return;
    if (!isWithin(inner, asked)) throw elsewhere(label, type, inodeOf(asked));
    closeSync(asked);
  }
  namespaces.set(type, openSync(reopenPath(inner), 'r'));
  entered.brought.add(type);
}

const elsewhere = (label: string, type: Holder, inode: number): Refusal =>
  new Refusal('invalid', `The programs of ${label} cannot run in ${type}:[${inode}], which is outside of what holds them.`, {
    subject: label,
    hint: `Leave ${type} out: the right one comes with mnt.`,
  });
