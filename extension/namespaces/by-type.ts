import type { Namespace, NamespaceType } from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
import type { TreeNode } from '../tree/node.ts';
import { namespaceIcons } from '../tree/nodes.ts';
import { isShown, listNamespaces, type Scene } from './listing.ts';

function typeNode(scene: Scene, type: NamespaceType): TreeNode {
  const { machine, arrangement } = scene;
  const all = machine.namespacesOf(type);
  const host = machine.host[type];
  const hidden = arrangement.hideHost && host !== undefined && all.has(host) ? 1 : 0;
  return {
    id: type,
    label: `${type} (${(all.size - hidden).toLocaleString('en')})`,
    icon: namespaceIcons[type],
    context: 'type',
    children: () => {
      const sorted = machine.inodes(type).map(inode => all.get(inode));
      const shown = sorted.filter((each): each is Namespace => each !== undefined && isShown(scene, each));
      return listNamespaces(scene, shown, type, false);
    },
  };
}

/** Every namespace of the machine below its type. */
export const byType = (scene: Scene): readonly TreeNode[] => namespaceTypes.map(type => typeNode(scene, type));
