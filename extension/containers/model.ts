import type { Container, NamespaceKey } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import { namespaceSubject } from '../subject.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceContext, namespaceIcons, ownContext, processesNode } from '../tree/nodes.ts';
import { listNamed } from '../tree/ranges.ts';
import { containerTooltip, namespaceTooltip } from '../tree/tooltips.ts';
import { byName, containersIn, type EngineGroup, groupedBy, groupsOf, nameOf } from './groups.ts';

/** So many are named, of those that share a namespace. */
const namedCount = 3;

function sharedWith(machine: Machine, container: Container, key: NamespaceKey): string {
  if (machine.isHosts(key)) return "host's";
  const others = machine.sharing(key).filter(each => each.id !== container.id);
  if (others.length === 0) return 'own';
  const more = others.length > namedCount ? ` and ${others.length - namedCount} more` : '';
  return `shared with ${others.slice(0, namedCount).map(nameOf).join(', ')}${more}`;
}

function namespaceNode(machine: Machine, container: Container, key: NamespaceKey, parentId: string): TreeNode {
  const namespace = machine.namespace(key);
  return {
    id: `${parentId}/${namespaceId(key)}`,
    label: machine.isHosts(key) ? key.type : `${key.type} ${key.inode}`,
    description: sharedWith(machine, container, key),
    icon: namespaceIcons[key.type],
    ...(machine.isHosts(key) ? { tone: 'dimmed' } : {}),
    context: namespaceContext(machine, key),
    ...(namespace ? { tooltip: () => namespaceTooltip(machine, namespace), about: namespace } : {}),
    subject: namespaceSubject(key, namespace?.id),
  };
}

function namespaceNodes(machine: Machine, container: Container, parentId: string): TreeNode[] {
  const keys = keysOf(machine.process(container.pid)?.namespaces ?? {});
  const own = keys.filter(key => !machine.isHosts(key));
  const hosts = keys.filter(key => machine.isHosts(key));
  return [...own, ...hosts].map(key => namespaceNode(machine, container, key, parentId));
}

function containerNode(machine: Machine, container: Container, parentId: string): TreeNode {
  const id = `${parentId}/${container.id}`;
  return {
    id,
    label: nameOf(container),
    description: [...(container.image ? [visible(container.image)] : []), `pid ${container.pid}`].join(' · '),
    icon: 'package',
    context: `container enterable haspid${ownContext(machine, machine.process(container.pid)?.namespaces ?? {})}`,
    tooltip: () => containerTooltip(machine, container),
    about: container,
    subject: { kind: 'container', id: container.id },
    children: () => [
      ...namespaceNodes(machine, container, id),
      ...groupsOf(containersIn(machine, container)).map(each => engineNode(machine, each, id)),
      processesNode(machine, machine.belonging(container.pid), id),
    ],
  };
}

const containerNodes = (machine: Machine, containers: readonly Container[], parentId: string): readonly TreeNode[] =>
  listNamed([...containers].sort(byName), { parentId, name: nameOf, node: each => containerNode(machine, each, parentId) });

/** `default / web-6f9c`: the pod's namespace, and its name. */
const podLabel = (pod: string): string => visible(pod).replace('/', ' / ');

function podNode(machine: Machine, pod: string, containers: readonly Container[], parentId: string): TreeNode {
  const id = `${parentId}/pod:${pod}`;
  return {
    id,
    label: podLabel(pod),
    description: plural(containers.length, 'container'),
    icon: 'layers',
    context: 'pod',
    expanded: true,
    children: () => containerNodes(machine, containers, id),
  };
}

/** Containers of one engine, or of one of its own namespaces: those of a pod below it. */
function memberNodes(machine: Machine, containers: readonly Container[], parentId: string): readonly TreeNode[] {
  const pods = groupedBy(containers, each => each.pod);
  const alone = containers.filter(each => each.pod === undefined);
  return [
    ...listNamed(pods, {
      parentId: `${parentId}/pods`,
      name: ([pod]) => podLabel(pod),
      node: ([pod, all]) => podNode(machine, pod, all, parentId),
    }),
    ...containerNodes(machine, alone, parentId),
  ];
}

function spaceNode(machine: Machine, space: string, containers: readonly Container[], parentId: string): TreeNode {
  const id = `${parentId}/space:${space}`;
  return {
    id,
    label: visible(space),
    description: `containerd namespace · ${plural(containers.length, 'container')}`,
    icon: 'symbol-namespace',
    context: 'space',
    expanded: true,
    children: () => memberNodes(machine, containers, id),
  };
}

function engineNode(machine: Machine, { id: group, engine, uid, containers }: EngineGroup, parentId: string): TreeNode {
  const id = parentId ? `${parentId}/engine:${group}` : `engine:${group}`;
  // Docker and Kubernetes have one of containerd's namespaces for themselves, whose name tells nothing.
  const bySpace = engine === 'containerd';
  const spaces = bySpace ? groupedBy(containers, each => each.space) : [];
  return {
    id,
    label: uid === undefined ? visible(engine) : `${visible(engine)} (user ${uid})`,
    description: `${containers.length}`,
    icon: 'server',
    context: 'engine',
    expanded: true,
    children: () => [
      ...spaces.map(([space, all]) => spaceNode(machine, space, all, id)),
      ...memberNodes(machine, bySpace ? containers.filter(each => each.space === undefined) : containers, id),
    ],
  };
}

/** The containers that other engines made, by engine and pod; those of an engine in a container are in that one. */
export const containerTree = (machine: Machine): TreeNode[] =>
  groupsOf(containersIn(machine, undefined)).map(each => engineNode(machine, each, ''));
