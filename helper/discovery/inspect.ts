// Everything known of one namespace: what the last look says, and what only a look inside tells.
import { closeSync } from 'node:fs';
import type { Inspection, Particulars } from '../protocol/inspection.ts';
import type { Holders, Namespace, NamespaceInput, NamespaceReference, Process } from '../protocol/model.ts';
import { toFailure } from '../sys/errors.ts';
import { initialNamespaces } from './initial.ts';
import type { NamespaceNode } from './namespace-node.ts';
import { findNamespace } from './opening.ts';
import { particularsOf } from './particulars.ts';
import type { World } from './world.ts';

/** @throws Refusal `gone` when no such namespace is alive */
export function inspect(world: World, reference: NamespaceReference): Inspection {
  const node = findNamespace(world.namespaces, reference);
  const members = world.processes.membersOf(node);
  const gaps: string[] = [];
  const described = node.describe(initialNamespaces(world.processes.known)(node));
  const namespace: Namespace = { ...described, holders: completed(described.holders) };
  const particulars = look(world, node, namespace, members, gaps);
  return {
    namespace,
    processes: members.map(({ pid, pids, name, uid }) => ({ pid, inside: pids.at(-1) ?? pid, name, uid })),
    ...(particulars && { particulars }),
    children: [...node.children].map(({ type, inode }) => ({ type, inode })),
    gaps,
  };
}

function look(
  world: World,
  node: NamespaceNode,
  namespace: Namespace,
  members: readonly Process[],
  gaps: string[],
): Particulars | undefined {
  try {
    const fd = world.opener.open(node);
    try {
      return particularsOf({ world, namespace, members, fd });
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    gaps.push(toFailure(error, 'Could not look inside').message);
    return undefined;
  }
}

/** With the lists that are empty, which telling leaves out. */
function completed({ threads, pending, descriptors, sockets, mounts, children, unnamed, ...holders }: NamespaceInput['holders']): Holders {
  return {
    ...holders,
    threads: threads ?? [],
    pending: pending ?? [],
    descriptors: descriptors ?? [],
    sockets: sockets ?? [],
    mounts: mounts ?? [],
    children: children ?? [],
    unnamed: unnamed ?? 0,
  };
}
