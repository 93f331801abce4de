import type { Namespace } from '../../helper/protocol/model.ts';
import { isTop } from '../machine/hierarchy.ts';
import type { Machine } from '../machine/machine.ts';
import { hasHolders, holderNodes } from '../tree/holder-nodes.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceLeaf } from '../tree/nodes.ts';
import { listNumbered } from '../tree/ranges.ts';
import { isShown, type Scene, showsProcess } from './listing.ts';

const root = 'pid';
const inodeOf = ({ inode }: Namespace): number => inode;

const outerOf = (machine: Machine, { parent }: Namespace): Namespace | undefined =>
  parent === undefined ? undefined : machine.namespace({ type: 'pid', inode: parent });

const isOutermost = (machine: Machine, namespace: Namespace): boolean => isTop(namespace, each => outerOf(machine, each), inodeOf);

const nestedNodes = (scene: Scene, outer: Namespace, parentId: string): readonly TreeNode[] =>
  pidNodes(
    scene,
    scene.machine.nestedIn(outer.inode).filter(each => !isOutermost(scene.machine, each)),
    parentId,
  );

function pidNode(scene: Scene, namespace: Namespace): TreeNode {
  const { machine } = scene;
  // Each is in this tree once; where it is says nothing about which one it is.
  const leaf = namespaceLeaf(machine, namespace, root);
  if (!hasHolders(machine, namespace)) return leaf;
  const wanted = { process: showsProcess(scene), kind: (kind: string) => kind !== 'nested' };
  return {
    ...leaf,
    children: () => [...nestedNodes(scene, namespace, `${leaf.id}/nested`), ...holderNodes(machine, namespace, leaf.id, wanted)],
  };
}

const pidNodes = (scene: Scene, namespaces: readonly Namespace[], parentId: string): readonly TreeNode[] =>
  listNumbered(namespaces, inodeOf, { parentId, name: each => `${each.inode}`, node: each => pidNode(scene, each) });

/** The pid namespaces in one another, and below each its processes. */
export function byPid(scene: Scene): readonly TreeNode[] {
  const { machine } = scene;
  const all = machine.inodes('pid').flatMap(inode => machine.namespace({ type: 'pid', inode }) ?? []);
  return (
    all
      .filter(each => isOutermost(machine, each))
      // What is in the hidden one takes its place.
      .flatMap(each => (isShown(scene, each) ? pidNode(scene, each) : nestedNodes(scene, each, `${root}/of-host`)))
  );
}
