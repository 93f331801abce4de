import type { Namespace, NamespaceType, Process } from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
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
 * The host's first, then those with a name, then those in which nobody is, then the others: in ranges where there are too many.
 * @param namespaces in the order of their inodes
 */
export function listNamespaces(scene: Scene, namespaces: readonly Namespace[], parentId: string, typed = true): readonly TreeNode[] {
  const { machine } = scene;
  const host: Namespace[] = [];
  const named: Namespace[] = [];
  const unusual: Namespace[] = [];
  const others: Namespace[] = [];
  for (const each of namespaces) {
    if (machine.isHosts(each)) host.push(each);
    else if (each.name !== undefined || machine.isClaimed(each)) named.push(each);
    else if (each.holders.processes === 0) unusual.push(each);
    else others.push(each);
  }
  const node = (each: Namespace): TreeNode => {
    const shown = nodeOf(scene, each, parentId);
    return typed ? shown : { ...shown, label: `${each.inode}` };
  };
  const list = (id: string, all: readonly Namespace[]): readonly TreeNode[] =>
    listNumbered(all, ({ inode }) => inode, { parentId: `${parentId}/${id}`, name: ({ inode }) => `${inode}`, node });
  return [...host.map(node), ...list('named', named), ...list('unusual', unusual), ...list('others', others)];
}

/** So many namespaces of different types stand side by side; more are put together by type. */
const mixedLimit = 40;

/** The namespaces of one type, made when they are asked for: there may be very many. */
export interface OfType {
  readonly type: NamespaceType;
  readonly count: number;
  readonly nodes: (parentId: string) => readonly TreeNode[];
  readonly expanded?: boolean;
}

const typeNode = ({ type, count, nodes, expanded = false }: OfType, parentId: string): TreeNode => ({
  id: `${parentId}/${type}`,
  label: `${type} (${count.toLocaleString('en')})`,
  icon: namespaceIcons[type],
  context: 'type',
  ...(expanded ? { expanded } : {}),
  children: () => nodes(`${parentId}/${type}`),
});

/** Namespaces of several types. @param apart each type by itself, however few there are */
export function listTypes(types: readonly OfType[], parentId: string, apart = false): readonly TreeNode[] {
  const there = types.filter(({ count }) => count > 0);
  const total = there.reduce((sum, { count }) => sum + count, 0);
  return there.flatMap(each => (apart || total > mixedLimit ? typeNode(each, parentId) : each.nodes(parentId)));
}

export const ofTypes = (scene: Scene, namespaces: readonly Namespace[]): readonly OfType[] =>
  namespaceTypes.map(type => {
    const all = namespaces.filter(each => each.type === type);
    return { type, count: all.length, nodes: parentId => listNamespaces(scene, all, parentId) };
  });

export const listMixed = (scene: Scene, namespaces: readonly Namespace[], parentId: string): readonly TreeNode[] =>
  listTypes(ofTypes(scene, namespaces), parentId);
