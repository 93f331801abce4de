// Plans of definitions that differ from the default one in a key.
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';
import { describe, type Facts, type Plan, planFor } from '../../../../helper/sandbox/plan.ts';

export const facts: Facts = {
  record: '/run/burrow/sandboxes/0a1b2c3d.json',
  staging: '/run/burrow/staging',
  uid: 1000,
  gid: 1000,
  groups: [27, 1000],
  uids: [{ inside: 0, outside: 1000, count: 1 }],
  gids: [{ inside: 0, outside: 1000, count: 1 }],
  network: { hostLink: 'bw-0a1b2c3d', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' },
  disks: [],
  files: new Set(),
  types: new Set(namespaceTypes),
};

/** The same for root, whose sandboxes are guarded: see plan.ts. */
export const asRoot: Partial<Facts> = {
  uid: 0,
  gid: 0,
  groups: [],
  uids: [{ inside: 0, outside: 0, count: 1 }],
  gids: [{ inside: 0, outside: 0, count: 1 }],
};

export interface Sample {
  readonly what: string;
  readonly definition: Partial<DefinitionInput>;
  readonly facts?: Partial<Facts>;
}

/** What each of plans/*.plan is the plan of. */
export const samples = {
  ordinary: { what: 'a name alone', definition: {} },
  root: { what: 'the same where root inside is root outside', definition: {}, facts: asRoot },
  readonly: { what: 'this machine’s files, unchangeable', definition: { root: 'readonly' } },
  directory: { what: 'a directory as root', definition: { root: { directory: '/srv/image' } } },
  mounts: {
    what: 'a tmpfs and two bind mounts',
    definition: {
      mounts: [
        { type: 'tmpfs', path: '/var/cache', sizeBytes: 65_536, mode: '700' },
        { type: 'bind', source: '/home/dev/src', path: '/src' },
        { type: 'bind', source: '/home/dev/out', path: '/out', readonly: false },
      ],
    },
  },
} satisfies Record<string, Sample>;

export const plan = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}): Plan =>
  planFor(Definition.parse({ name: 'web', ...definition }), { ...facts, ...changes });

export const planLines = (definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}): string[] =>
  describe(plan(definition, changes));

/** How a plan differs from the default one's: what is not in it any more, and what is new. */
export function changed(definition: Partial<DefinitionInput>, changes: Partial<Facts> = {}): { gone: string[]; new: string[] } {
  const [before, after] = [planLines({}), planLines(definition, changes)];
  return { gone: before.filter(line => !after.includes(line)), new: after.filter(line => !before.includes(line)) };
}
