import { namespaceId } from '../../helper/protocol/difference.ts';
import type { NamespaceKey, Sandbox } from '../../helper/protocol/model.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import { namespaceSubject } from '../subject.ts';
import type { Tooltip, TreeNode } from '../tree/node.ts';
import { namespaceContext, namespaceIcons, processesNode } from '../tree/nodes.ts';
import { namespaceTooltip } from '../tree/tooltips.ts';

const withoutPrefix = (address: string): string => address.replace(/\/\d+$/, '');

const addresses = ({ networks }: Sandbox): string[] => networks.map(each => visible(withoutPrefix(each.address)));

function namespaceNode(machine: Machine, sandbox: Sandbox, key: NamespaceKey, parentId: string): TreeNode {
  const namespace = machine.namespace(key);
  const links = key.type === 'net' ? sandbox.networks.map(each => `${visible(each.link)} ${visible(withoutPrefix(each.address))}`) : [];
  return {
    id: `${parentId}/${namespaceId(key)}`,
    label: `${key.type} ${key.inode}`,
    description: [machine.isHosts(key) ? "host's" : 'own', ...links].join(' · '),
    icon: namespaceIcons[key.type],
    ...(machine.isHosts(key) ? { tone: 'dimmed' } : {}),
    context: namespaceContext(machine, key),
    ...(namespace ? { tooltip: () => namespaceTooltip(machine, namespace), about: namespace } : {}),
    subject: namespaceSubject(key, namespace?.id),
  };
}

const sandboxTooltip = (sandbox: Sandbox): Tooltip => ({
  title: visible(sandbox.name),
  facts: [
    ['made', sandbox.created],
    ['for user', `${sandbox.uid}`],
    ['pid', `${sandbox.pid}`],
    ...sandbox.networks.map((each): [string, string] => [each.link, `${each.address}, at the host ${each.hostLink} ${each.hostAddress}`]),
  ],
});

function sandboxNode(machine: Machine, sandbox: Sandbox): TreeNode {
  const id = sandboxNodeId(sandbox.id);
  const processes = machine.belonging(sandbox.pid);
  const count = processes.length ? plural(processes.length, 'process', 'processes') : 'no process';
  return {
    id,
    label: visible(sandbox.name),
    description: [...addresses(sandbox), count].join(' · '),
    icon: processes.length ? 'vm-active' : 'vm-outline',
    context: 'sandbox enterable haspid removable',
    tooltip: () => sandboxTooltip(sandbox),
    about: sandbox,
    subject: { kind: 'sandbox', id: sandbox.id },
    children: () => [
      ...keysOf(sandbox.namespaces).map(key => namespaceNode(machine, sandbox, key, id)),
      processesNode(machine, processes, id),
    ],
  };
}

export const sandboxNodeId = (sandbox: string): string => `sandbox:${sandbox}`;

export const sandboxTree = (machine: Machine): TreeNode[] =>
  [...machine.sandboxes].sort((a, b) => a.name.localeCompare(b.name, 'en')).map(each => sandboxNode(machine, each));

/** What removing a sandbox ends, for the person to agree to; undefined when nothing runs in it but its init. */
export function removalWarning(machine: Machine, sandbox: Sandbox): string | undefined {
  const others = machine.belonging(sandbox.pid).filter(each => each.pid !== sandbox.pid).length;
  if (others === 0) return undefined;
  return `${others === 1 ? 'Its process is' : `Its ${others.toLocaleString('en')} processes are`} ended; nothing of it stays.`;
}
