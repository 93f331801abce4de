import type { NamespaceKey, Sandbox } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import type { Usage } from '../../helper/protocol/report.ts';
import { secondsWords, sizeWords } from '../amounts.ts';
import { plural, visible } from '../hostile-text.ts';
import { limitFacts, usageFacts } from '../limits.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import type { Run } from '../runs.ts';
import { namespaceSubject } from '../subject.ts';
import { facts, type Tooltip, type TreeNode } from '../tree/node.ts';
import { namespaceContext, namespaceIcons, ownContext, processesNode } from '../tree/nodes.ts';
import { namespaceTooltip } from '../tree/tooltips.ts';

const withoutPrefix = (address: string): string => address.replace(/\/\d+$/, '');

const addresses = ({ networks }: Sandbox): string[] => networks.map(each => visible(withoutPrefix(each.address)));

/** Whose a namespace of a sandbox is: it may have joined one. */
function ownership(machine: Machine, sandbox: Sandbox, key: NamespaceKey): string {
  if (machine.isHosts(key)) return "host's";
  const [container] = machine.sharing(key);
  if (container) return `shared with ${visible(container.name)}`;
  const other = machine.sandboxes.find(each => each.id !== sandbox.id && each.namespaces[key.type] === key.inode);
  return other ? `shared with ${visible(other.name)}` : 'own';
}

function namespaceNode(machine: Machine, sandbox: Sandbox, key: NamespaceKey, parentId: string): TreeNode {
  const namespace = machine.namespace(key);
  const links = key.type === 'net' ? sandbox.networks.map(each => `${visible(each.link)} ${visible(withoutPrefix(each.address))}`) : [];
  return {
    id: `${parentId}/${namespaceId(key)}`,
    label: `${key.type} ${key.inode}`,
    description: [ownership(machine, sandbox, key), ...links].join(' · '),
    icon: namespaceIcons[key.type],
    ...(machine.isHosts(key) ? { tone: 'dimmed' } : {}),
    context: namespaceContext(machine, key),
    ...(namespace ? { tooltip: () => namespaceTooltip(machine, namespace), about: namespace } : {}),
    subject: namespaceSubject(key, namespace?.id),
  };
}

const sandboxTooltip = (sandbox: Sandbox, usage: Usage): Tooltip => ({
  title: visible(sandbox.name),
  facts: facts(
    ['made', sandbox.created],
    ['for user', `${sandbox.uid}`],
    ['pid', sandbox.pid?.toString()],
    ['files', sandbox.root],
    ...sandbox.networks.map((each): [string, string] => [each.link, `${each.address}, at the host ${each.hostLink} ${each.hostAddress}`]),
    ...usageFacts(usage),
    ...limitFacts(sandbox.limits).map(([name, value]): [string, string] => [`limit of ${name}`, value]),
    ['stays', sandbox.persist ? 'until it is removed' : 'until the window that made it is closed'],
    ...sandbox.notices.map((each): [string, string] => ['note', each]),
  ),
});

/** Whether its files are a view of this machine's whose changes vanish. */
export const discards = ({ root }: Sandbox): boolean => root === 'discard';

/** What this window knows of sandboxes besides what they are. */
export interface Observations {
  runOf(sandbox: string): Run | undefined;
  /** What was last heard of it. */
  usageOf(sandbox: string): Usage;
}

/** Who runs in it, and what of the machine it uses. */
function descriptionOf(sandbox: Sandbox, processes: number, known: Observations): string {
  const run = known.runOf(sandbox.id);
  if (run) return [`running ${visible(run.program)}`, ...(run.wallSeconds ? [`at most ${secondsWords(run.wallSeconds)}`] : [])].join(' · ');
  if (sandbox.pid === undefined) return [...addresses(sandbox), 'no process', 'kept'].join(' · ');
  const count = processes ? plural(processes, 'process', 'processes') : 'no process';
  const { memoryBytes } = known.usageOf(sandbox.id);
  return [...addresses(sandbox), count, ...(memoryBytes ? [sizeWords(memoryBytes)] : [])].join(' · ');
}

function contextOf(machine: Machine, sandbox: Sandbox, run: Run | undefined): string {
  return [
    `sandbox enterable${ownContext(machine, sandbox.namespaces)}`,
    ...(sandbox.pid === undefined ? [] : ['haspid']),
    ...(discards(sandbox) ? ['discards'] : []),
    run ? 'running' : 'removable',
  ].join(' ');
}

function sandboxNode(machine: Machine, sandbox: Sandbox, known: Observations): TreeNode {
  const id = sandboxNodeId(sandbox.id);
  const run = known.runOf(sandbox.id);
  const processes = machine.belonging(sandbox.pid);
  return {
    id,
    label: visible(sandbox.name),
    description: descriptionOf(sandbox, processes.length, known),
    icon: run ? 'run-all' : processes.length ? 'vm-active' : 'vm-outline',
    context: contextOf(machine, sandbox, run),
    tooltip: () => sandboxTooltip(sandbox, known.usageOf(sandbox.id)),
    about: sandbox,
    subject: { kind: 'sandbox', id: sandbox.id },
    children: () => [
      ...keysOf(sandbox.namespaces).map(key => namespaceNode(machine, sandbox, key, id)),
      processesNode(machine, processes, id),
    ],
  };
}

export const sandboxNodeId = (sandbox: string): string => `sandbox:${sandbox}`;

const nothingKnown: Observations = { runOf: () => undefined, usageOf: () => ({}) };

export const sandboxTree = (machine: Machine, known: Observations = nothingKnown): TreeNode[] =>
  [...machine.sandboxes].sort((a, b) => a.name.localeCompare(b.name, 'en')).map(each => sandboxNode(machine, each, known));

/** What removing a sandbox ends and loses, for the person to agree to; undefined when that is nothing but its init. */
export function removalWarning(machine: Machine, sandbox: Sandbox, changedFiles: number): string | undefined {
  const others = machine.belonging(sandbox.pid).filter(each => each.pid !== sandbox.pid).length;
  const losses = [
    ...(others > 0 ? [others === 1 ? 'its process is ended' : `its ${others.toLocaleString('en')} processes are ended`] : []),
    ...(changedFiles > 0
      ? [changedFiles === 1 ? 'a file that it changed vanishes' : `${changedFiles.toLocaleString('en')} files that it changed vanish`]
      : []),
  ];
  if (losses.length === 0) return undefined;
  const words = losses.join(', ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}; nothing of it stays.`;
}
