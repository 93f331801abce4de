import { namespaceId } from '../../helper/protocol/difference.ts';
import { type Namespace, type NamespaceType, namespaceTypes } from '../../helper/protocol/model.ts';
import type { Machine } from '../machine.ts';
import { givenName } from '../names.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceContext, namespaceDescription, namespaceIcons, namespaceTooltip, processNodes } from '../tree/nodes.ts';

function namespaceNode(machine: Machine, namespace: Namespace): TreeNode {
  const { type, inode } = namespace;
  const id = namespaceId(namespace);
  return {
    id,
    label: `${inode}`,
    description: namespaceDescription(machine, namespace),
    icon: machine.isHosts(namespace) ? 'home' : namespaceIcons[type],
    context: namespaceContext(machine, namespace),
    tooltip: namespaceTooltip(machine, namespace),
    subject: { kind: 'namespace', key: { type, inode } },
    ...(namespace.holders.processes ? { children: () => processNodes(machine, machine.members(namespace), id) } : {}),
  };
}

/** The host's first, then those with a name, then by inode. */
function inOrder(machine: Machine, namespaces: readonly Namespace[]): Namespace[] {
  const rank = (each: Namespace): number => (machine.isHosts(each) ? 0 : givenName(machine, each) ? 1 : 2);
  return [...namespaces].sort((a, b) => rank(a) - rank(b) || a.inode - b.inode);
}

function typeNode(machine: Machine, type: NamespaceType): TreeNode {
  const namespaces = machine.snapshot.namespaces.filter(each => each.type === type);
  return {
    id: type,
    label: `${type} (${namespaces.length})`,
    icon: namespaceIcons[type],
    context: 'type',
    children: () => inOrder(machine, namespaces).map(each => namespaceNode(machine, each)),
  };
}

/** Every namespace of the machine, by type. */
export const namespaceTree = (machine: Machine): TreeNode[] => namespaceTypes.map(type => typeNode(machine, type));
