import type { Namespace } from '../../helper/protocol/model.ts';
import { isTop } from '../machine/hierarchy.ts';
import type { Machine } from '../machine/machine.ts';
import { aboveOf } from '../machine/namespaces.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceLeaf } from '../tree/nodes.ts';
import { listNumbered } from '../tree/ranges.ts';
import { isShown, listMixed, listTypes, type OfType, ofTypes, type Scene } from './listing.ts';

const root = 'owner';
const inodeOf = ({ inode }: Namespace): number => inode;

function outerOf(machine: Machine, namespace: Namespace): Namespace | undefined {
  const above = aboveOf(namespace);
  return above && machine.namespace(above);
}

const isOutermost = (machine: Machine, namespace: Namespace): boolean => isTop(namespace, each => outerOf(machine, each), inodeOf);

/** So many nested owners are shown without being asked for. */
const fewOwners = 40;

/** What a user namespace owns: first the user namespaces, as those are the next ones who do. */
function ownedNodes(scene: Scene, owner: Namespace, parentId: string): readonly TreeNode[] {
  const { machine } = scene;
  const owned = machine.ownedBy(owner.inode).filter(each => isShown(scene, each));
  const users = owned.filter(each => each.type === 'user' && !isOutermost(machine, each));
  const nested: OfType = {
    type: 'user',
    count: users.length,
    nodes: id => ownerNodes(scene, users, `${id}/users`),
    expanded: users.length <= fewOwners,
  };
  const others = ofTypes(scene, owned).filter(({ type }) => type !== 'user');
  return listTypes([nested, ...others], parentId, isOutermost(machine, owner));
}

function ownerNode(scene: Scene, owner: Namespace): TreeNode {
  const { machine } = scene;
  // Each is in this tree once; where it is says nothing about which one it is.
  const leaf = namespaceLeaf(machine, owner, root);
  return machine.ownedBy(owner.inode).length > 0 ? { ...leaf, children: () => ownedNodes(scene, owner, leaf.id) } : leaf;
}

const ownerNodes = (scene: Scene, owners: readonly Namespace[], parentId: string): readonly TreeNode[] =>
  listNumbered(owners, inodeOf, { parentId, name: each => `${each.inode}`, node: each => ownerNode(scene, each) });

function unknownNode(scene: Scene, orphans: readonly Namespace[]): TreeNode {
  const id = `${root}/unknown`;
  return {
    id,
    label: `owner not known (${orphans.length.toLocaleString('en')})`,
    icon: 'question',
    context: 'group',
    children: () => listMixed(scene, orphans, id),
  };
}

/** The user namespaces in one another, and below each what it owns. */
export function byOwner(scene: Scene): readonly TreeNode[] {
  const { machine } = scene;
  const users = machine.inodes('user').flatMap(inode => machine.namespace({ type: 'user', inode }) ?? []);
  const outermost = users.filter(each => isOutermost(machine, each));
  const orphans = machine.ownerless().filter(each => each.type !== 'user' && isShown(scene, each));
  // What is in the hidden one takes its place.
  const nodes = outermost.flatMap(each => (isShown(scene, each) ? ownerNode(scene, each) : ownedNodes(scene, each, `${root}/of-host`)));
  return [...nodes, ...(orphans.length > 0 ? [unknownNode(scene, orphans)] : [])];
}
