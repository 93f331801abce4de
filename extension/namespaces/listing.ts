import { type Namespace, type NamespaceType, namespaceTypes, type Process } from '../../helper/protocol/model.ts';
import type { Machine } from '../machine/machine.ts';
import { namespaceNode } from '../tree/holder-nodes.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceIcons } from '../tree/nodes.ts';
import { listNumbered } from '../tree/ranges.ts';
import type { Arrangement } from './arrangement.ts';

/** What every grouping is made from. */
export interface Scene {
  readonly machine: Machine;
  readonly arrangement: Arrangement;
}

export const isShown = ({ machine, arrangement }: Scene, namespace: Namespace): boolean =>
  !(arrangement.hideHost && machine.isHosts(namespace));

/** Whether lists of processes have it. */
export const showsProcess =
  ({ machine, arrangement }: Scene) =>
  (process: Process): boolean =>
    !(arrangement.hideKernelThreads && machine.isKernelThread(process));

export const nodeOf = (scene: Scene, namespace: Namespace, parentId: string): TreeNode =>
  namespaceNode(scene.machine, namespace, parentId, { process: showsProcess(scene) });

/**
 * The host's first, then those with a name, then the others: in ranges where there are too many.
 * @param namespaces in the order of their inodes
 */
export function listNamespaces(scene: Scene, namespaces: readonly Namespace[], parentId: string, typed = true): readonly TreeNode[] {
  const { machine } = scene;
  const host: Namespace[] = [];
  const named: Namespace[] = [];
  const others: Namespace[] = [];
  for (const each of namespaces) {
    if (machine.isHosts(each)) host.push(each);
    else if (each.name !== undefined || machine.isClaimed(each)) named.push(each);
    else others.push(each);
  }
  const node = (each: Namespace): TreeNode => {
    const shown = nodeOf(scene, each, parentId);
    return typed ? shown : { ...shown, label: `${each.inode}` };
  };
  const list = (id: string, all: readonly Namespace[]): readonly TreeNode[] =>
    listNumbered(all, ({ inode }) => inode, { parentId: `${parentId}/${id}`, words: 'inodes', name: ({ inode }) => `${inode}`, node });
  return [...host.map(node), ...list('named', named), ...list('others', others)];
}

/** So many namespaces of different types stand side by side; more are put together by type. */
const mixedLimit = 40;

/** The namespaces of one type, made when they are asked for: there may be very many. */
export interface OfType {
  readonly type: NamespaceType;
  readonly count: number;
  readonly all: () => readonly Namespace[];
}

const typeNode = (scene: Scene, { type, count, all }: OfType, parentId: string): TreeNode => ({
  id: `${parentId}/${type}`,
  label: `${type} (${count.toLocaleString('en')})`,
  icon: namespaceIcons[type],
  context: 'type',
  children: () => listNamespaces(scene, all(), parentId),
});

/** Namespaces of several types. */
export function listTypes(scene: Scene, types: readonly OfType[], parentId: string): readonly TreeNode[] {
  const there = types.filter(({ count }) => count > 0);
  const total = there.reduce((sum, { count }) => sum + count, 0);
  return there.flatMap(each => (total > mixedLimit ? typeNode(scene, each, parentId) : listNamespaces(scene, each.all(), parentId)));
}

export function listMixed(scene: Scene, namespaces: readonly Namespace[], parentId: string): readonly TreeNode[] {
  const types = namespaceTypes.map(type => {
    const all = namespaces.filter(each => each.type === type);
    return { type, count: all.length, all: () => all };
  });
  return listTypes(scene, types, parentId);
}
