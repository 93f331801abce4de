// From what is known of a namespace to a descriptor that stays true. Every way may lead to another
// namespace by now, so what was opened is compared with what was meant.
import { closeSync } from 'node:fs';
import type { NamespaceKey, NamespaceReference, Process } from '../protocol/model.ts';
import { namespaceId } from '../protocol/namespaces.ts';
import { Refusal } from '../sys/errors.ts';
import { AT_FDCWD, NS_GET_PARENT, NS_GET_USERNS, RESOLVE_CACHED, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS } from '../sys/flags.ts';
import { openAs } from '../sys/in-root.ts';
import { sys } from '../sys/libc.ts';
import { isNamespace, openById, openNamespaceFile, visit } from '../sys/namespaces.ts';
import { openDescriptor, openSocketNamespace } from '../sys/pidfd.ts';
import type { NamespaceNode } from './namespace-node.ts';
import type { Namespaces } from './namespaces.ts';
import type { Processes } from './processes.ts';

/** More processes, descriptors and so on than this are not tried: they may all be on their way out. */
const TRIED = 8;

const gone = (key: NamespaceKey, why: string): Refusal => new Refusal('gone', `${namespaceId(key)} ${why}.`, { subject: namespaceId(key) });

/** @throws Refusal `gone` when no such namespace is known, or when its inode is another one's by now */
export function findNamespace(namespaces: Namespaces, key: NamespaceReference): NamespaceNode {
  const node = namespaces.find(key);
  const isOther = key.id !== undefined && node?.relations?.id !== undefined && node.relations.id !== key.id;
  if (!node || isOther) throw gone(key, 'is gone: nothing keeps it alive any more');
  return node;
}

/** Opens namespaces by whatever holds them. */
export class Opener {
  readonly #namespaces: Namespaces;
  readonly #processes: Processes;

  constructor(namespaces: Namespaces, processes: Processes) {
    this.#namespaces = namespaces;
    this.#processes = processes;
  }

  /** @throws Refusal `gone` when nothing leads to it any more */
  open(node: NamespaceNode): number {
    for (const way of this.#ways(node)) {
      const fd = attempt(way);
      if (fd === undefined) continue;
      if (isNamespace(fd, node.inode)) return fd;
      closeSync(fd);
    }
    throw gone(node, 'cannot be reached: nothing that holds it leads there');
  }

  /** The surest and the cheapest come first. */
  *#ways(node: NamespaceNode): Generator<() => number> {
    const { type, relations, oldest } = node;
    const id = relations?.id;
    if (id !== undefined) yield () => openById(node, id);
    if (oldest) yield () => openNamespaceFile(`/proc/${oldest.pid}/ns/${type}`);
    for (const path of pathsTo(node)) yield () => openNamespaceFile(path);
    for (const { pid, fd } of some(node.claims('descriptors'))) yield () => openDescriptor(pid, fd);
    for (const { pid, fd } of some(node.claims('sockets'))) yield () => openSocketNamespace(pid, fd);
    for (const { path, mnt } of some(node.claims('mounts'))) {
      yield () => (mnt === undefined ? openNamespaceFile(path) : this.#openElsewhere(mnt, path));
    }
    for (const child of some(node.children)) yield () => this.#openFromChild(child, node);
    // Only a few are left when the oldest has just ended.
    if (node.processes > 0) {
      for (const member of this.#membersOf(node)) yield () => openNamespaceFile(`/proc/${member.pid}/ns/${type}`);
    }
  }

  #membersOf(node: NamespaceNode): Process[] {
    return this.#processes.membersOf(node).slice(0, TRIED);
  }

  #openFromChild(child: NamespaceNode, elder: NamespaceNode): number {
    const fd = this.open(child);
    try {
      return sys('ioctl', namespaceId(child), fd, elder.type === 'user' ? NS_GET_USERNS : NS_GET_PARENT, 'int', 0);
    } finally {
      closeSync(fd);
    }
  }

  /** Only what the kernel has in its cache: a file system of somebody else's (FUSE) could hold this thread for ever. */
  #openElsewhere(mnt: number, path: string): number {
    const there = this.open(findNamespace(this.#namespaces, { type: 'mnt', inode: mnt }));
    try {
      return visit('mnt', there, namespaceId({ type: 'mnt', inode: mnt }), () =>
        openAs(AT_FDCWD, path, 0, RESOLVE_CACHED | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
      );
    } finally {
      closeSync(there);
    }
  }
}

/** Files of /proc that are this namespace. */
function* pathsTo(node: NamespaceNode): Generator<string> {
  for (const pid of some(node.claims('pending'))) yield `/proc/${pid}/ns/${node.type}_for_children`;
  for (const { pid, tid } of some(node.claims('threads'))) {
    yield `/proc/${pid}/task/${tid}/ns/${node.type}`;
    yield `/proc/${pid}/task/${tid}/ns/${node.type}_for_children`;
  }
}

function* some<T>(all: ReadonlySet<T>): Generator<T> {
  let count = 0;
  for (const each of all) {
    if (count++ === TRIED) return;
    yield each;
  }
}

/** A process that ended, or whose namespaces may not be seen, is not the one to go by. */
function attempt(way: () => number): number | undefined {
  try {
    return way();
  } catch {
    return undefined;
  }
}
