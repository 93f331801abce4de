import type { Container, Namespace, NamespaceInodes, Sandbox } from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import type { TreeNode } from '../tree/node.ts';
import { ownContext } from '../tree/nodes.ts';
import { listNamed } from '../tree/ranges.ts';
import { containerTooltip } from '../tree/tooltips.ts';
import { listMixed, listNamespaces, listTypes, type Scene } from './listing.ts';

const known = (machine: Machine, inodes: NamespaceInodes): Namespace[] => keysOf(inodes).flatMap(key => machine.namespace(key) ?? []);

/** Those that are not the host's. */
const own = (machine: Machine, inodes: NamespaceInodes): Namespace[] => known(machine, inodes).filter(each => !machine.isHosts(each));

const initInodes = (machine: Machine, { pid }: Container): NamespaceInodes => machine.process(pid)?.namespaces ?? {};

function sandboxNode(scene: Scene, sandbox: Sandbox, parentId: string): TreeNode {
  const { machine } = scene;
  const id = `${parentId}/${sandbox.id}`;
  return {
    id,
    label: visible(sandbox.name),
    description: plural(own(machine, sandbox.namespaces).length, 'namespace'),
    icon: 'vm-active',
    context: `sandbox enterable haspid removable${ownContext(machine, sandbox.namespaces)}`,
    about: sandbox,
    subject: { kind: 'sandbox', id: sandbox.id },
    children: () => listMixed(scene, own(machine, sandbox.namespaces), id),
  };
}

function containerNode(scene: Scene, container: Container, parentId: string): TreeNode {
  const { machine } = scene;
  const id = `${parentId}/${container.id}`;
  return {
    id,
    label: visible(container.name) || visible(container.id.slice(0, 12)),
    description: [visible(container.engine), plural(own(machine, initInodes(machine, container)).length, 'namespace')].join(' · '),
    icon: 'package',
    context: `container enterable haspid${ownContext(machine, initInodes(machine, container))}`,
    tooltip: () => containerTooltip(machine, container),
    about: container,
    subject: { kind: 'container', id: container.id },
    children: () => listMixed(scene, own(machine, initInodes(machine, container)), id),
  };
}

/** A group with all that is in it; no group where there is nothing. */
function groupNode(id: string, icon: string, count: number, children: () => readonly TreeNode[], expanded = false): TreeNode[] {
  const label = `${id} (${count.toLocaleString('en')})`;
  return count > 0 ? [{ id: `by-container/${id}`, label, icon, context: 'group', ...(expanded ? { expanded } : {}), children }] : [];
}

// Made once: it is a hundred times quicker than localeCompare with a language.
const { compare } = new Intl.Collator('en', { numeric: true });
const byName = <T extends { readonly name: string }>(all: Iterable<T>): T[] => [...all].sort((a, b) => compare(a.name, b.name));

/** What belongs to sandboxes, to containers, to the host and to none of them. What several share is in each of them. */
export function byContainer(scene: Scene): readonly TreeNode[] {
  const { machine, arrangement } = scene;
  const { sandboxes, containers } = machine;
  const host = known(machine, machine.host);
  const others = namespaceTypes.map(type => {
    const there = machine.namespacesOf(type);
    const claimed = machine.claimed(type);
    const count = there.size - [...claimed].filter(inode => there.has(inode)).length;
    const all = (): readonly Namespace[] => machine.inodes(type).flatMap(inode => (claimed.has(inode) ? [] : (there.get(inode) ?? [])));
    return { type, count, nodes: (parentId: string) => listNamespaces(scene, all(), parentId) };
  });
  const otherCount = others.reduce((sum, { count }) => sum + count, 0);
  const named =
    <T extends { readonly name: string }>(group: string, all: Iterable<T>, node: (each: T, id: string) => TreeNode) =>
    () =>
      listNamed(byName(all), {
        parentId: `by-container/${group}`,
        name: each => visible(each.name),
        node: each => node(each, `by-container/${group}`),
      });
  return [
    ...groupNode(
      'sandboxes',
      'beaker',
      sandboxes.length,
      named('sandboxes', sandboxes, (each, id) => sandboxNode(scene, each, id)),
      true,
    ),
    ...groupNode(
      'containers',
      'package',
      containers.size,
      named('containers', containers.values(), (each, id) => containerNode(scene, each, id)),
      true,
    ),
    ...(arrangement.hideHost ? [] : groupNode('host', 'home', host.length, () => listMixed(scene, host, 'by-container/host'))),
    ...groupNode('others', 'question', otherCount, () => listTypes(others, 'by-container/others')),
  ];
}
