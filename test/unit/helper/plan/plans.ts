// Plans of definitions that differ from the default one in a key.

import type { Hierarchy } from '../../../../helper/cgroup/hierarchies.ts';
import { layOut, type Wishes } from '../../../../helper/cgroup/layout.ts';
import type { Facts, Groups } from '../../../../helper/plan/facts.ts';
import { type Purpose, planFor } from '../../../../helper/plan/plan.ts';
import { describe, type Plan } from '../../../../helper/plan/steps.ts';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { type NamespaceType, namespaceTypes } from '../../../../helper/protocol/model.ts';

export const facts: Facts = {
  record: '/run/burrow/sandboxes/0a1b2c3d.json',
  staging: '/run/burrow/staging',
  uid: 1000,
  gid: 1000,
  groups: [27, 1000],
  uids: [{ inside: 0, outside: 1000, count: 1 }],
  gids: [{ inside: 0, outside: 1000, count: 1 }],
  tenant: undefined,
  network: { hostLink: 'bw-0a1b2c3d', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' },
  joined: {},
  cgroups: { make: { v1: [], v2: [] }, places: [] },
  unpacked: undefined,
  disks: [],
  fronts: new Map(),
  files: new Set(),
  types: new Set(namespaceTypes),
  identity: { uid: 0, gid: 0, name: 'root', home: '/root' },
  confinement: { limits: {}, noNewPrivileges: false },
  pins: '/run/burrow/namespaces/0a1b2c3d',
};

/** The same for root, whose sandboxes are guarded: see plan.ts. */
export const asRoot = {
  uid: 0,
  gid: 0,
  groups: [0],
  uids: [{ inside: 0, outside: 0, count: 1 }],
  gids: [{ inside: 0, outside: 0, count: 1 }],
} satisfies Partial<Facts>;

export const groupsOn = (hierarchies: readonly Hierarchy[], wishes: Partial<Wishes>): Groups =>
  layOut('0a1b2c3d', hierarchies, { limits: {}, lasting: false, guarded: false, killable: false, counted: false, ...wishes });

export const stay: Purpose = { kind: 'stay' };
export const inTerminal: Purpose = { kind: 'run', terminal: true };
export const inPipes: Purpose = { kind: 'run', terminal: false };

export const plan = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}, purpose: Purpose = stay): Plan =>
  planFor(Definition.parse({ name: 'web', ...definition }), { ...facts, ...changes }, purpose);

export const planLines = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}, purpose: Purpose = stay): string[] =>
  describe(plan(definition, changes, purpose));

export interface Change {
  readonly gone: string[];
  readonly new: string[];
}

export const joinedOf = (...types: readonly NamespaceType[]): Pick<Facts, 'joined'> => ({
  joined: Object.fromEntries(types.map(type => [type, { handle: `${type} of redis`, path: `/proc/812/ns/${type}` }])),
});

/** What is not in a plan any more, and what is new; a line that is there more often counts. */
export function difference(before: readonly string[], after: readonly string[]): Change {
  const without = (lines: readonly string[], others: readonly string[]): string[] => {
    const left = [...others];
    return lines.filter(line => {
      const at = left.indexOf(line);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  return { gone: without(before, after), new: without(after, before) };
}

/** How a plan differs from the default one's. */
export const changed = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}): Change =>
  difference(planLines({}), planLines(definition, changes));

/** The same for a run of the command. */
export const changedRun = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}): Change =>
  difference(planLines({}, {}, inPipes), planLines(definition, changes, inPipes));
