import type { Descriptor, Namespace, NamespaceKey } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { givenName } from '../names.ts';
import { namespaceSubject, type Subject } from '../subject.ts';

/** One thing that keeps a namespace alive, other than the processes in it. */
export interface Holder {
  /** Tells it from the others of its kind. */
  readonly id: string;
  readonly words: string;
  readonly more?: string;
  readonly subject?: Subject;
}

export interface HolderKind {
  readonly id: keyof typeof words;
  /** `1 mount`, `2 mounts`. */
  readonly one: string;
  readonly many: string;
  readonly icon: string;
  readonly count: number;
  readonly holders: () => readonly Holder[];
}

/** `python3 (812)` */
export function processWords(machine: Machine, pid: number): string {
  const name = visible(machine.process(pid)?.name ?? '');
  return name ? `${name} (${pid})` : `process ${pid}`;
}

function processSubject(machine: Machine, pid: number): { subject?: Subject } {
  const process = machine.process(pid);
  return process ? { subject: { kind: 'process', pid, start: process.start } } : {};
}

/** `mnt 4026532340`, and whose it is. */
const keyWords = ({ type, inode }: NamespaceKey): string => `${type} ${inode}`;

const descriptorHolder = (machine: Machine, words: string, { pid, fd }: Descriptor): Holder => ({
  id: `${pid}:${fd}`,
  words: `${words} ${fd} of ${processWords(machine, pid)}`,
  ...processSubject(machine, pid),
});

function mountHolder(machine: Machine, { path, mnt }: Namespace['holders']['mounts'][number]): Holder {
  if (mnt === undefined) return { id: `:${path}`, words: visible(path) };
  const key: NamespaceKey = { type: 'mnt', inode: mnt };
  const name = givenName(machine, key)?.name;
  return {
    id: `${mnt}:${path}`,
    words: visible(path),
    more: `in ${keyWords(key)}${name === undefined ? '' : ` · ${name}`}`,
    subject: namespaceSubject(key, machine.namespace(key)?.id),
  };
}

function nestedHolder(machine: Machine, namespace: Namespace): Holder {
  const name = givenName(machine, namespace)?.name;
  return {
    id: namespaceId(namespace),
    words: keyWords(namespace),
    ...(name === undefined ? {} : { more: name }),
    subject: namespaceSubject(namespace, namespace.id),
  };
}

/** What is nested in a namespace or owned by it, also where the helper's list of it ends. */
export function nestedOf(machine: Machine, { type, inode }: NamespaceKey): readonly Namespace[] {
  if (type === 'user') return machine.ownedBy(inode);
  return type === 'pid' ? machine.nestedIn(inode) : [];
}

const threadHolder = (machine: Machine, { pid, tid }: Namespace['holders']['threads'][number]): Holder => ({
  id: `${tid}`,
  words: `thread ${tid} of ${processWords(machine, pid)}`,
  ...processSubject(machine, pid),
});

const pendingHolder = (machine: Machine, pid: number): Holder => ({
  id: `${pid}`,
  words: `the next child of ${processWords(machine, pid)}`,
  ...processSubject(machine, pid),
});

const words = {
  threads: { one: 'thread', many: 'threads', icon: 'pulse' },
  pending: { one: 'next child', many: 'next children', icon: 'history' },
  descriptors: { one: 'file descriptor', many: 'file descriptors', icon: 'file' },
  sockets: { one: 'socket', many: 'sockets', icon: 'plug' },
  mounts: { one: 'mount', many: 'mounts', icon: 'pinned' },
  nested: { one: 'nested namespace', many: 'nested namespaces', icon: 'type-hierarchy-sub' },
  owned: { one: 'namespace of its own', many: 'namespaces of its own', icon: 'type-hierarchy-sub' },
} as const;

function kindOf<T>(id: keyof typeof words, all: readonly T[], holder: (each: T) => Holder): HolderKind[] {
  return all.length > 0 ? [{ id, ...words[id], count: all.length, holders: () => all.map(holder) }] : [];
}

/** Every kind of holder that a namespace has, but for the processes in it. */
export function holderKinds(machine: Machine, namespace: Namespace): readonly HolderKind[] {
  const { threads, pending, descriptors, sockets, mounts } = namespace.holders;
  return [
    ...kindOf('threads', threads, each => threadHolder(machine, each)),
    ...kindOf('pending', pending, pid => pendingHolder(machine, pid)),
    ...kindOf('descriptors', descriptors, each => descriptorHolder(machine, 'fd', each)),
    ...kindOf('sockets', sockets, each => descriptorHolder(machine, 'socket', each)),
    ...kindOf('mounts', mounts, each => mountHolder(machine, each)),
    ...kindOf(namespace.type === 'user' ? 'owned' : 'nested', nestedOf(machine, namespace), each => nestedHolder(machine, each)),
  ];
}

/** How many holders nobody names: what the helper left out, less what is known of nested namespaces all the same. */
export function unnamedOf(machine: Machine, namespace: Namespace): number {
  const { unnamed, children } = namespace.holders;
  return Math.max(0, unnamed - Math.max(0, nestedOf(machine, namespace).length - children.length));
}
