import type { Gap } from '../../helper/protocol/model.ts';
import { visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import type { TreeNode } from '../tree/node.ts';
import { listNamed } from '../tree/ranges.ts';

const reasonLength = 200;

/** A last row that says what is missing from the tree, and why. */
export function gapNodes(machine: Machine): readonly TreeNode[] {
  const { gaps, viewpoint } = machine;
  if (gaps.length === 0) return [];
  const unprivileged = viewpoint.privileged === false;
  const node = ({ subject, reason }: Gap): TreeNode => ({
    id: `gaps/${subject} ${reason}`,
    label: visible(subject),
    description: visible(reason, reasonLength),
    icon: 'circle-slash',
    context: 'gap',
  });
  return [
    {
      id: 'gaps',
      label: 'not everything could be read',
      description: unprivileged ? 'the helper is not root' : `${gaps.length}`,
      icon: 'eye-closed',
      tone: 'warning',
      context: unprivileged ? 'gaps unprivileged' : 'gaps',
      about: gaps,
      children: () => listNamed(gaps, { parentId: 'gaps', name: ({ subject }) => visible(subject), node }),
    },
  ];
}
