import { namespaceId } from '../../helper/protocol/difference.ts';
import type { Container, NamespaceKey } from '../../helper/protocol/model.ts';
import { plural, visible } from '../hostile-text.ts';
import { keysOf, type Machine } from '../machine.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceContext, namespaceIcons, namespaceTooltip, processesNode } from '../tree/nodes.ts';

function sharedWith(machine: Machine, container: Container, key: NamespaceKey): string {
  if (machine.isHosts(key)) return "host's";
  const others = machine.sharing(key).filter(each => each.id !== container.id);
  return others.length ? `shared with ${others.map(each => visible(each.name)).join(', ')}` : 'own';
}

function namespaceNode(machine: Machine, container: Container, key: NamespaceKey, parentId: string): TreeNode {
  const namespace = machine.namespace(key);
  return {
    id: `${parentId}/${namespaceId(key)}`,
    label: machine.isHosts(key) ? key.type : `${key.type} ${key.inode}`,
    description: sharedWith(machine, container, key),
    icon: namespaceIcons[key.type],
    dimmed: machine.isHosts(key),
    context: namespaceContext(machine, key),
    ...(namespace ? { tooltip: namespaceTooltip(machine, namespace) } : {}),
    subject: { kind: 'namespace', key },
  };
}

function namespaceNodes(machine: Machine, container: Container, parentId: string): TreeNode[] {
  const keys = keysOf(machine.process(container.pid)?.namespaces ?? {});
  const own = keys.filter(key => !machine.isHosts(key));
  const hosts = keys.filter(key => machine.isHosts(key));
  return [...own, ...hosts].map(key => namespaceNode(machine, container, key, parentId));
}

const containerFacts = ({ engine, id, pid, image, pod, labels }: Container): [string, string][] => [
  ['engine', engine],
  ['id', id],
  ...(image === undefined ? [] : [['image', image] satisfies [string, string]]),
  ['pid', `${pid}`],
  ...(pod === undefined ? [] : [['pod', pod] satisfies [string, string]]),
  ...Object.entries(labels)
    .slice(0, 12)
    .map(([name, value]): [string, string] => [`label ${name}`, value]),
];

function containerNode(machine: Machine, container: Container, parentId: string): TreeNode {
  const id = `${parentId}/${container.id}`;
  return {
    id,
    label: visible(container.name) || container.id.slice(0, 12),
    description: [...(container.image ? [visible(container.image)] : []), `pid ${container.pid}`].join(' · '),
    icon: 'package',
    context: 'container enterable haspid',
    tooltip: { title: visible(container.name), facts: containerFacts(container) },
    subject: { kind: 'container', id: container.id },
    children: () => [...namespaceNodes(machine, container, id), processesNode(machine, machine.belonging(container.pid), id)],
  };
}

const byName = (a: Container, b: Container): number => a.name.localeCompare(b.name, 'en') || (a.id < b.id ? -1 : 1);

const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort();

function podNode(machine: Machine, pod: string, containers: readonly Container[], parentId: string): TreeNode {
  const id = `${parentId}/pod:${pod}`;
  return {
    id,
    label: visible(pod),
    description: plural(containers.length, 'container'),
    icon: 'layers',
    context: 'pod',
    expanded: true,
    children: () => containers.map(each => containerNode(machine, each, id)),
  };
}

function engineNode(machine: Machine, engine: string): TreeNode {
  const id = `engine:${engine}`;
  const containers = machine.snapshot.containers.filter(each => each.engine === engine).sort(byName);
  const pods = distinct(containers.flatMap(each => each.pod ?? []));
  return {
    id,
    label: visible(engine),
    description: `${containers.length}`,
    icon: 'server',
    context: 'engine',
    expanded: true,
    children: () => [
      ...pods.map(pod =>
        podNode(
          machine,
          pod,
          containers.filter(each => each.pod === pod),
          id,
        ),
      ),
      ...containers.filter(each => each.pod === undefined).map(each => containerNode(machine, each, id)),
    ],
  };
}

/** The containers that other engines made, by engine and pod. */
export const containerTree = (machine: Machine): TreeNode[] =>
  distinct(machine.snapshot.containers.map(each => each.engine)).map(engine => engineNode(machine, engine));
