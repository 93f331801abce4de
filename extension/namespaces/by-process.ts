import type { NamespaceKey, Process } from '../../helper/protocol/model.ts';
import { visible } from '../hostile-text.ts';
import { isTop } from '../machine/hierarchy.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import type { TreeNode } from '../tree/node.ts';
import { processContext, processDescription, processId, threadNodes } from '../tree/nodes.ts';
import { listNumbered } from '../tree/ranges.ts';
import { processTooltip } from '../tree/tooltips.ts';
import { nodeOf, type Scene } from './listing.ts';

const pidOf = ({ pid }: Process): number => pid;

/** Who started a process. A younger one has only the number of who did; of a circle the least is the first. */
function parentOf(machine: Machine, process: Process): Process | undefined {
  const parent = machine.process(process.parent);
  if (!parent || parent.start > process.start) return undefined;
  if (parent.start < process.start) return parent;
  const inSameTick = (each: Process): Process | undefined => {
    const up = machine.process(each.parent);
    return up?.start === each.start ? up : undefined;
  };
  return isTop(process, inSameTick, pidOf) ? undefined : parent;
}

/** Where a process is and who started it is not; where that is not known, where it is and the host is not. */
function differences(machine: Machine, process: Process): NamespaceKey[] {
  const base = { ...machine.host, ...parentOf(machine, process)?.namespaces };
  return keysOf(process.namespaces).filter(({ type, inode }) => base[type] !== undefined && base[type] !== inode);
}

function isShown(scene: Scene, process: Process): boolean {
  const { machine, arrangement } = scene;
  if (arrangement.hideKernelThreads && machine.isKernelThread(process)) return false;
  if (!arrangement.hideHost || process.threads?.length) return true;
  // Of one whose namespaces cannot be read nobody knows that it is only in the host's.
  return machine.isElsewhere(process.namespaces) || Object.keys(process.namespaces).length === 0;
}

const isChild = (scene: Scene, process: Process, each: Process): boolean =>
  isShown(scene, each) && parentOf(scene.machine, each) === process;

const childrenOf = (scene: Scene, process: Process): readonly Process[] =>
  scene.machine.childrenOf(process.pid).filter(each => isChild(scene, process, each));

function hasChildren(scene: Scene, process: Process): boolean {
  for (const each of scene.machine.startedBy(process.pid)) if (isChild(scene, process, each)) return true;
  return false;
}

function below(scene: Scene, process: Process, id: string): readonly TreeNode[] {
  const { machine } = scene;
  const namespaces = differences(machine, process).flatMap(key => machine.namespace(key) ?? []);
  return [
    ...namespaces.map(each => nodeOf(scene, each, id)),
    ...threadNodes(machine, process, id),
    ...processNodes(scene, childrenOf(scene, process), `${id}/children`),
  ];
}

function processNode(scene: Scene, process: Process): TreeNode {
  const { machine } = scene;
  // A process that gets another parent stands elsewhere, and the editor wants no id twice while it moves.
  const id = `by-process/${processId(process)}<${process.parent}`;
  const types = differences(machine, process).map(({ type }) => type);
  const opens = types.length > 0 || Boolean(process.threads?.length) || hasChildren(scene, process);
  return {
    id,
    label: visible(process.name) || `${process.pid}`,
    description: processDescription(process, types.length > 0 ? [`differs in ${types.join(', ')}`] : []),
    icon: types.length > 0 ? 'symbol-namespace' : 'server-process',
    context: processContext(machine, process),
    tooltip: () => processTooltip(machine, process),
    about: process,
    subject: { kind: 'process', pid: process.pid, start: process.start },
    ...(opens ? { children: () => below(scene, process, id) } : {}),
  };
}

const processNodes = (scene: Scene, processes: readonly Process[], parentId: string): readonly TreeNode[] =>
  listNumbered(processes, pidOf, { parentId, words: 'pids', name: each => `${each.pid}`, node: each => processNode(scene, each) });

/** Every process below who started it. What is below a hidden one takes its place. */
export function byProcess(scene: Scene): readonly TreeNode[] {
  const { machine } = scene;
  const tops = [...machine.processes.values()].filter(each => {
    if (!isShown(scene, each)) return false;
    const parent = parentOf(machine, each);
    return !parent || !isShown(scene, parent);
  });
  return processNodes(
    scene,
    tops.sort((a, b) => a.pid - b.pid),
    'by-process',
  );
}
