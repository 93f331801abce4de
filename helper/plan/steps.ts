// What a plan is made of: the helper's own steps and the stage's calls.
import { describeStep as describeGroupStep, type Step as GroupStep } from '../cgroup/layout.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { NamespaceType, SandboxNetwork } from '../protocol/model.ts';
import { describe as describeInstruction, type Instruction } from '../stage/program.ts';

/** What the helper does itself. Each is undone by what the sandbox's record names (see teardown.ts). */
export type HelperStep =
  | { readonly do: 'record'; readonly path: string }
  | {
      readonly do: 'unpack';
      readonly kind: 'archive' | 'image';
      readonly from: string;
      readonly reference: string | undefined;
      readonly into: string;
    }
  | { readonly do: 'group'; readonly step: GroupStep }
  | { readonly do: 'idmap'; readonly from: string; readonly handle: string }
  | { readonly do: 'map-ids'; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[]; readonly denySetgroups: boolean }
  /** By a process of the tenant's namespace: see nested-map.ts. */
  | { readonly do: 'map-nested'; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[] }
  | { readonly do: 'offset-clocks'; readonly monotonicSeconds: number; readonly boottimeSeconds: number }
  | { readonly do: 'link'; readonly network: SandboxNetwork }
  | { readonly do: 'address'; readonly side: Side; readonly link: string; readonly address: string }
  | { readonly do: 'up'; readonly side: Side; readonly link: string }
  | { readonly do: 'pin'; readonly type: NamespaceType; readonly path: string }
  /** Where no init of Burrow's asks to stay. */
  | { readonly do: 'ready'; readonly path: string };

export type Side = 'host' | 'inside';

export type Step = { readonly by: 'helper'; readonly step: HelperStep } | { readonly by: 'stage'; readonly instruction: Instruction };

export type Plan = readonly Step[];

export const helper = (step: HelperStep): Step => ({ by: 'helper', step });
export const stage = (instruction: Instruction): Step => ({ by: 'stage', instruction });

const mapping = (maps: readonly IdMapping[]): string =>
  maps.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(', ');

const place = (side: Side): string => (side === 'host' ? 'here' : 'inside');

const sentences: { readonly [D in HelperStep['do']]: (step: Extract<HelperStep, { do: D }>) => string } = {
  record: ({ path }) => `write the record ${path}`,
  unpack: ({ kind, from, reference, into }) => `unpack the ${kind} ${from}${reference === undefined ? '' : ` (${reference})`} into ${into}`,
  group: ({ step }) => describeGroupStep(step),
  idmap: ({ from }) => `open_tree ${from}, mount_setattr MOUNT_ATTR_IDMAP with the ids of the sandbox`,
  'map-ids': ({ uids, gids, denySetgroups }) =>
    `write uid_map: ${mapping(uids)}; gid_map: ${mapping(gids)}${denySetgroups ? '; setgroups: deny' : ''}`,
  'map-nested': ({ uids, gids }) => `from within the tenant's user namespace, write uid_map: ${mapping(uids)}; gid_map: ${mapping(gids)}`,
  'offset-clocks': ({ monotonicSeconds, boottimeSeconds }) =>
    `write timens_offsets: monotonic ${monotonicSeconds}, boottime ${boottimeSeconds}`,
  link: ({ network }) => `RTM_NEWLINK veth ${network.hostLink} here, ${network.link} inside`,
  address: ({ side, link, address }) => `RTM_NEWADDR ${address} on ${link} ${place(side)}`,
  up: ({ side, link }) => `RTM_NEWLINK ${link} ${place(side)}: up`,
  pin: ({ type, path }) => `mount the ${type} namespace at ${path}`,
  ready: ({ path }) => `write the record ${path}: ready`,
};

const describeHelperStep = <D extends HelperStep['do']>(step: Extract<HelperStep, { do: D }>): string =>
  (sentences[step.do] as (step: Extract<HelperStep, { do: D }>) => string)(step);

/** One line a step, as strace prints calls. */
export const describe = (plan: Plan): string[] =>
  plan.map(each =>
    each.by === 'helper' ? `helper  ${describeHelperStep(each.step)}` : `stage   ${describeInstruction(each.instruction)}`,
  );
