import type { Namespace, NamespaceInodes, NamespaceKey, NamespaceType, Process } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import { givenName, oldestName } from '../names.ts';
import { namespaceSubject } from '../subject.ts';
import type { TreeNode } from './node.ts';
import { listNumbered } from './ranges.ts';
import { insidePid, namespaceTooltip, processTooltip } from './tooltips.ts';
import { foreignUser, unusualLife } from './unusual.ts';

export const namespaceIcons: Readonly<Record<NamespaceType, string>> = {
  net: 'globe',
  mnt: 'folder',
  pid: 'list-tree',
  user: 'account',
  uts: 'vm',
  ipc: 'arrow-swap',
  cgroup: 'dashboard',
  time: 'watch',
};

type Thread = NonNullable<Process['threads']>[number];

export const processId = ({ pid, start }: Process): string => `process:${pid}:${start}`;

function threadNode(machine: Machine, thread: Thread, parentId: string): TreeNode {
  const id = `${parentId}/thread:${thread.tid}`;
  const keys = keysOf(thread.namespaces);
  return {
    id,
    label: `thread ${thread.tid}`,
    description: `in ${keys.map(({ type, inode }) => `${type} ${inode}`).join(', ')}`,
    icon: 'pulse',
    context: 'thread',
    children: () => keys.flatMap(key => machine.namespace(key) ?? []).map(each => namespaceLeaf(machine, each, id)),
  };
}

export const threadNodes = (machine: Machine, { threads = [] }: Process, parentId: string): TreeNode[] =>
  threads.map(each => threadNode(machine, each, parentId));

/** `812 · 1 inside · a thread elsewhere`, and what else tells it from its neighbours. */
export function processDescription(process: Process, more: readonly string[] = []): string {
  const inside = insidePid(process);
  const threads = process.threads?.length ?? 0;
  return [
    `${process.pid}`,
    ...(inside === undefined ? [] : [`${inside} inside`]),
    ...more,
    ...(threads > 0 ? [threads === 1 ? 'a thread elsewhere' : `${threads} threads elsewhere`] : []),
  ].join(' · ');
}

/** Words for the namespaces that a terminal can enter by themselves, where they are not the host's. */
export const ownContext = (machine: Machine, namespaces: NamespaceInodes): string =>
  machine
    .differing(namespaces)
    .filter(({ type }) => type === 'net' || type === 'mnt' || type === 'pid')
    .map(({ type }) => ` own${type}`)
    .join('');

export const processContext = (machine: Machine, { namespaces }: Process): string =>
  machine.isElsewhere(namespaces) ? `process haspid enterable${ownContext(machine, namespaces)}` : 'process haspid';

export function processNode(machine: Machine, process: Process, parentId: string): TreeNode {
  const id = `${parentId}/${processId(process)}`;
  return {
    id,
    label: visible(process.name) || `${process.pid}`,
    description: processDescription(process),
    icon: 'server-process',
    context: processContext(machine, process),
    tooltip: () => processTooltip(machine, process),
    about: process,
    subject: { kind: 'process', pid: process.pid, start: process.start },
    ...(process.threads?.length ? { children: () => threadNodes(machine, process, id) } : {}),
  };
}

/** The nodes of processes, which are in the order of their pids. */
export const processNodes = (machine: Machine, processes: readonly Process[], parentId: string): readonly TreeNode[] =>
  listNumbered(processes, each => each.pid, {
    parentId,
    words: 'pids',
    name: each => `${each.pid}`,
    node: each => processNode(machine, each, parentId),
  });

/** A node `processes (3)` under which they are. */
export const processesNode = (machine: Machine, processes: readonly Process[], parentId: string): TreeNode => ({
  id: `${parentId}/processes`,
  label: `processes (${processes.length})`,
  icon: 'server-process',
  context: 'processes',
  children: () => processNodes(machine, processes, `${parentId}/processes`),
});

export function namespaceContext(machine: Machine, key: NamespaceKey): string {
  if (machine.isHosts(key)) return `namespace ${key.type}`;
  const inhabited = (machine.namespace(key)?.holders.processes ?? 0) > 0;
  return `namespace ${key.type} enterable${inhabited ? ' inhabited' : ''}`;
}

/** The facts that tell a namespace from its neighbours: `redis-1 · 3 processes · redis-server`. */
export function namespaceDescription(machine: Machine, namespace: Namespace): string {
  const given = givenName(machine, namespace, namespace.name);
  const oldest = oldestName(machine, namespace);
  const foreign = foreignUser(machine, namespace);
  const count = namespace.holders.processes;
  return [
    ...(given ? [given.name] : []),
    ...(given?.words.startsWith('ip netns ') ? ['ip netns'] : []),
    unusualLife(machine, namespace) ?? (count ? plural(count, 'process', 'processes') : 'no process'),
    // The host's oldest process is always the same.
    ...(oldest && !machine.isHosts(namespace) ? [oldest] : []),
    ...(foreign === undefined ? [] : [`of user ${foreign}`]),
  ].join(' · ');
}

/** A namespace as a row that says which one it is, with its type. */
export function namespaceLeaf(machine: Machine, namespace: Namespace, parentId: string): TreeNode {
  const unusual = unusualLife(machine, namespace) !== undefined;
  return {
    id: `${parentId}/${namespaceId(namespace)}`,
    label: `${namespace.type} ${namespace.inode}`,
    description: namespaceDescription(machine, namespace),
    icon: unusual ? 'warning' : machine.isHosts(namespace) ? 'home' : namespaceIcons[namespace.type],
    ...(unusual ? { tone: 'warning' } : {}),
    context: namespaceContext(machine, namespace),
    tooltip: () => namespaceTooltip(machine, namespace),
    about: namespace,
    subject: namespaceSubject(namespace, namespace.id),
  };
}
