import { namespaceId } from '../../helper/protocol/difference.ts';
import type { Namespace, NamespaceKey, NamespaceType, Process } from '../../helper/protocol/model.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine.ts';
import { givenName, oldestName } from '../names.ts';
import type { Tooltip, TreeNode } from './node.ts';

const processLimit = 500;

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

const facts = (...all: (readonly [string, string | undefined])[]): (readonly [string, string])[] =>
  all.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]));

/** `pid 1 inside`, for a process that has another number there. */
const insidePid = ({ pids }: Process): number | undefined => (pids.length > 1 ? pids.at(-1) : undefined);

function processTooltip(machine: Machine, process: Process): Tooltip {
  const parent = machine.process(process.parent);
  return {
    title: `${visible(process.name)} (${process.pid})`,
    facts: facts(
      ['command', process.command],
      ['user', `${process.uid}`],
      ['parent', parent && `${parent.pid} ${visible(parent.name)}`],
      ['pid inside', insidePid(process)?.toString()],
      ['namespaces of its own', machine.differing(process.namespaces).map(namespaceId).join(', ')],
    ),
  };
}

export function processNode(machine: Machine, process: Process, parentId: string): TreeNode {
  const inside = insidePid(process);
  const enterable = machine.differing(process.namespaces).length > 0;
  return {
    id: `${parentId}/process:${process.pid}:${process.start}`,
    label: visible(process.name) || `${process.pid}`,
    description: [`${process.pid}`, ...(inside === undefined ? [] : [`${inside} inside`])].join(' · '),
    icon: 'server-process',
    context: `process haspid${enterable ? ' enterable' : ''}`,
    tooltip: processTooltip(machine, process),
    subject: { kind: 'process', pid: process.pid, start: process.start },
  };
}

/** The nodes of processes. Of very many only the first are shown: the editor draws them all at once. */
export function processNodes(machine: Machine, processes: readonly Process[], parentId: string): TreeNode[] {
  const shown = processes.slice(0, processLimit).map(process => processNode(machine, process, parentId));
  const more = processes.length - shown.length;
  if (more > 0) shown.push({ id: `${parentId}/more`, label: `… and ${more.toLocaleString('en')} more`, icon: 'ellipsis', context: 'more' });
  return shown;
}

/** A node `processes (3)` under which they are. */
export const processesNode = (machine: Machine, processes: readonly Process[], parentId: string): TreeNode => ({
  id: `${parentId}/processes`,
  label: `processes (${processes.length})`,
  icon: 'server-process',
  context: 'processes',
  children: () => processNodes(machine, processes, `${parentId}/processes`),
});

/** Why a namespace without a process is still there. */
function keptBy({ holders }: Namespace): string | undefined {
  if (holders.processes > 0) return undefined;
  if (holders.mounts.length) return holders.mounts.map(each => visible(each.path)).join(', ');
  return holders.children.length ? holders.children.map(namespaceId).join(', ') : undefined;
}

export function namespaceTooltip(machine: Machine, namespace: Namespace): Tooltip {
  const { owner, parent, holders } = namespace;
  return {
    title: namespaceId(namespace),
    facts: facts(
      ['of', givenName(machine, namespace)?.words],
      ['processes', `${holders.processes}`],
      ['oldest', oldestName(machine, namespace)],
      ['owner', owner === undefined ? undefined : `user:[${owner}]`],
      ['parent', parent === undefined ? undefined : `${namespace.type}:[${parent}]`],
      ['made by user', namespace.ownerUid?.toString()],
      ['mounted at', holders.mounts.map(each => visible(each.path)).join(', ')],
      ['kept by', keptBy(namespace)],
    ),
  };
}

export const namespaceContext = (machine: Machine, key: NamespaceKey): string =>
  machine.isHosts(key) ? `namespace ${key.type}` : `namespace ${key.type} enterable`;

/** The facts that tell a namespace from its neighbours: `redis-1 · 3 processes · redis-server`. */
export function namespaceDescription(machine: Machine, namespace: Namespace): string {
  const given = givenName(machine, namespace);
  const oldest = oldestName(machine, namespace);
  return [
    ...(given ? [given.name] : []),
    ...(given?.words.startsWith('ip netns ') ? ['ip netns'] : []),
    namespace.holders.processes ? plural(namespace.holders.processes, 'process', 'processes') : 'no process',
    // The host's oldest process is always the same.
    ...(oldest && !machine.isHosts(namespace) ? [oldest] : []),
  ].join(' · ');
}
