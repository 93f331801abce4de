import type { Machine } from '../machine/machine.ts';
import type { TreeNode } from '../tree/node.ts';
import type { Arrangement, Grouping } from './arrangement.ts';
import { byContainer } from './by-container.ts';
import { byOwner } from './by-owner.ts';
import { byPid } from './by-pid.ts';
import { byProcess } from './by-process.ts';
import { byType } from './by-type.ts';
import { gapNodes } from './gaps.ts';
import type { Scene } from './listing.ts';

const trees: Readonly<Record<Grouping, (scene: Scene) => readonly TreeNode[]>> = {
  type: byType,
  owner: byOwner,
  pid: byPid,
  container: byContainer,
  process: byProcess,
};

/** The namespaces of the machine as the person wants to see them, and what is missing. */
export const namespaceTree = (machine: Machine, arrangement: Arrangement): readonly TreeNode[] => [
  ...trees[arrangement.groupBy]({ machine, arrangement }),
  ...gapNodes(machine),
];
