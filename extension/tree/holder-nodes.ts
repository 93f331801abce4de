import type { Namespace, Process } from '../../helper/protocol/model.ts';
import type { Machine } from '../machine/machine.ts';
import type { Subject } from '../subject.ts';
import { type Holder, type HolderKind, holderKinds, nestedOf, unnamedOf } from './holders.ts';
import type { TreeNode } from './node.ts';
import { namespaceContext, namespaceLeaf, processContext, processNodes } from './nodes.ts';
import { listNamed } from './ranges.ts';

/** So few are shown without being asked for. */
const fewHolders = 12;

function contextOf(machine: Machine, subject: Subject | undefined): string {
  if (subject?.kind === 'namespace') return namespaceContext(machine, subject.key);
  const process = subject?.kind === 'process' ? machine.process(subject.pid) : undefined;
  return process ? processContext(machine, process) : 'holder';
}

function holderNode(machine: Machine, { id, words, more, subject }: Holder, icon: string, parentId: string): TreeNode {
  return {
    id: `${parentId}/${id}`,
    label: words,
    ...(more === undefined ? {} : { description: more }),
    icon,
    context: contextOf(machine, subject),
    ...(subject ? { subject } : {}),
  };
}

/** A node `mounts (2)` under which they are. */
function kindNode(machine: Machine, { id: kind, many, icon, count, holders }: HolderKind, parentId: string, matters: boolean): TreeNode {
  const id = `${parentId}/${kind}`;
  const node = (each: Holder): TreeNode => holderNode(machine, each, icon, id);
  return {
    id,
    label: `${many} (${count.toLocaleString('en')})`,
    icon,
    context: 'holders',
    ...(matters && count <= fewHolders ? { expanded: true } : {}),
    children: () => listNamed(holders(), { parentId: id, name: each => each.words, node }),
  };
}

/** Which holders are wanted. */
export interface Wanted {
  readonly process?: (process: Process) => boolean;
  readonly kind?: (kind: HolderKind['id']) => boolean;
}

const all = (): boolean => true;

/** Every holder of a namespace, the processes in it last. Where none is in it, the others are what matters. */
export function holderNodes(
  machine: Machine,
  namespace: Namespace,
  parentId: string,
  { process = all, kind = all }: Wanted,
): readonly TreeNode[] {
  const matters = namespace.holders.processes === 0;
  const unnamed = unnamedOf(machine, namespace);
  const rest: TreeNode = {
    id: `${parentId}/unnamed`,
    label: `… and ${unnamed.toLocaleString('en')} more`,
    icon: 'ellipsis',
    context: 'more',
  };
  return [
    ...holderKinds(machine, namespace)
      .filter(({ id }) => kind(id))
      .map(each => kindNode(machine, each, parentId, matters)),
    ...(unnamed > 0 ? [rest] : []),
    ...processNodes(machine, machine.members(namespace).filter(process), parentId),
  ];
}

export function hasHolders(machine: Machine, namespace: Namespace): boolean {
  const { processes, threads, pending, descriptors, sockets, mounts, unnamed } = namespace.holders;
  const lists = [threads, pending, descriptors, sockets, mounts];
  return processes + unnamed > 0 || lists.some(each => each.length > 0) || nestedOf(machine, namespace).length > 0;
}

/** A namespace under which its holders are. */
export function namespaceNode(machine: Machine, namespace: Namespace, parentId: string, wanted: Wanted): TreeNode {
  const leaf = namespaceLeaf(machine, namespace, parentId);
  if (!hasHolders(machine, namespace)) return leaf;
  return { ...leaf, children: () => holderNodes(machine, namespace, leaf.id, wanted) };
}
