// A definition becomes a plan: what the helper does and what the stage calls, in order, before
// anything is touched. Pure: the facts about the host come in as data.
import type { Definition } from '../protocol/definition/definition.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { SandboxNetwork } from '../protocol/model.ts';
import { prelude } from '../stage/calls.ts';
import { describe as describeInstruction, type Instruction, type Program } from '../stage/program.ts';
import { becomeCaller, becomeRoot, filesOf, finish, mountsOf, type StageFacts, unshare } from './stage-steps.ts';

/** What the helper does itself. Each is undone by removing the sandbox's records, link and processes (see teardown). */
export type HelperStep =
  | { readonly do: 'record'; readonly path: string }
  | { readonly do: 'map-ids'; readonly uids: readonly IdMapping[]; readonly gids: readonly IdMapping[]; readonly denySetgroups: boolean }
  | { readonly do: 'offset-clocks'; readonly monotonicSeconds: number; readonly boottimeSeconds: number }
  | { readonly do: 'link'; readonly network: SandboxNetwork }
  | { readonly do: 'address'; readonly side: 'host' | 'inside'; readonly link: string; readonly address: string }
  | { readonly do: 'up'; readonly side: 'host' | 'inside'; readonly link: string };

export type Step = { readonly by: 'helper'; readonly step: HelperStep } | { readonly by: 'stage'; readonly instruction: Instruction };

export type Plan = readonly Step[];

/** What the plan depends on besides the definition. */
export interface Facts extends StageFacts {
  /** Where the record of this sandbox is kept. */
  readonly record: string;
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  readonly network: SandboxNetwork | undefined;
}

const helper = (step: HelperStep): Step => ({ by: 'helper', step });
const stage = (instruction: Instruction): Step => ({ by: 'stage', instruction });

/**
 * Two orders of the same blocks. An ordinary caller's sandbox gets its pid namespace and its /proc within
 * its own user namespace, so that root inside may do with them as it likes. Whoever is root outside
 * could then change the whole machine: the kernel lets uid 0 write to /proc/sys by its number alone. So
 * such a sandbox is `guarded`: all is mounted by the host's root, /proc with its dangerous parts shut,
 * before the user namespace is made, and therefore locked. Not shut: with a cgroup namespace of a user
 * namespace within, such a root reaches the cgroups of the host, whose files are uid 0's by number.
 */
export function planFor(definition: Definition, facts: Facts): Plan {
  const guarded = facts.uids.some(({ outside }) => outside === 0);
  const { monotonicSeconds, boottimeSeconds } = definition.time;
  const record = [helper({ do: 'record', path: facts.record }), ...prelude.map(stage)];
  const clocks = monotonicSeconds || boottimeSeconds ? [helper({ do: 'offset-clocks', monotonicSeconds, boottimeSeconds })] : [];
  const fork = stage({ do: 'fork' });
  const files = filesOf(definition, facts).map(stage);
  const mounts = mountsOf(definition, facts, guarded).map(stage);
  const user = [
    ...becomeCaller(facts).map(stage),
    helper({ do: 'map-ids', uids: facts.uids, gids: facts.gids, denySetgroups: definition.users === 'root' }),
    ...becomeRoot.map(stage),
  ];
  const network = networkSteps(facts.network).map(helper);
  const end = [...finish(definition, guarded).map(stage), stage({ do: 'init' })];
  if (guarded) {
    const late = stage(unshare(facts.types, 'mnt', 'net', 'ipc', 'uts'));
    return [
      ...record,
      stage(unshare(facts.types, 'mnt', 'pid', 'cgroup', 'time')),
      ...clocks,
      fork,
      ...files,
      ...mounts,
      ...user,
      late,
      ...network,
      ...end,
    ];
  }
  const own = stage(unshare(facts.types, 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time'));
  return [...record, stage(unshare(facts.types, 'mnt')), ...files, ...user, own, ...clocks, ...network, fork, ...mounts, ...end];
}

function networkSteps(network: SandboxNetwork | undefined): HelperStep[] {
  if (!network) return [{ do: 'up', side: 'inside', link: 'lo' }];
  const { hostLink, hostAddress, link, address } = network;
  return [
    { do: 'link', network },
    { do: 'address', side: 'host', link: hostLink, address: hostAddress },
    { do: 'address', side: 'inside', link, address },
    { do: 'up', side: 'host', link: hostLink },
    { do: 'up', side: 'inside', link },
    { do: 'up', side: 'inside', link: 'lo' },
  ];
}

const mapping = (maps: readonly IdMapping[]): string =>
  maps.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(', ');

function describeHelperStep(step: HelperStep): string {
  switch (step.do) {
    case 'record':
      return `write the record ${step.path}`;
    case 'map-ids':
      return `write uid_map: ${mapping(step.uids)}; gid_map: ${mapping(step.gids)}${step.denySetgroups ? '; setgroups: deny' : ''}`;
    case 'offset-clocks':
      return `write timens_offsets: monotonic ${step.monotonicSeconds}, boottime ${step.boottimeSeconds}`;
    case 'link':
      return `RTM_NEWLINK veth ${step.network.hostLink} here, ${step.network.link} inside`;
    case 'address':
      return `RTM_NEWADDR ${step.address} on ${step.link} ${place(step.side)}`;
    case 'up':
      return `RTM_NEWLINK ${step.link} ${place(step.side)}: up`;
  }
}

const place = (side: 'host' | 'inside'): string => (side === 'host' ? 'here' : 'inside');

/** One line a step, as strace prints calls. */
export const describe = (plan: Plan): string[] =>
  plan.map(each =>
    each.by === 'helper' ? `helper  ${describeHelperStep(each.step)}` : `stage   ${describeInstruction(each.instruction)}`,
  );

export interface Compiled {
  readonly program: Program;
  /** The helper's steps before the stage starts. */
  readonly first: readonly HelperStep[];
  /** The helper's steps at each of the program's waits, by what the wait says. */
  readonly at: ReadonlyMap<string, readonly HelperStep[]>;
  /** For each instruction of the program its line in the plan, from 1. */
  readonly lines: readonly number[];
}

/** Where the helper has steps between the stage's, the program waits for it. */
export function compile(plan: Plan): Compiled {
  const program: Instruction[] = [];
  const lines: number[] = [];
  const first: HelperStep[] = [];
  const at = new Map<string, HelperStep[]>();
  let waiting: HelperStep[] | undefined;
  plan.forEach((each, index) => {
    if (each.by === 'stage') {
      waiting = undefined;
      program.push(each.instruction);
      lines.push(index + 1);
    } else if (program.length === 0) first.push(each.step);
    else {
      if (!waiting) {
        waiting = [];
        const until = `step ${index + 1}`;
        at.set(until, waiting);
        program.push({ do: 'sync', until });
        lines.push(index + 1);
      }
      waiting.push(each.step);
    }
  });
  return { program, first, at, lines };
}

/** The plan's line of a helper step, from 1. */
export const lineOf = (plan: Plan, step: HelperStep): number => plan.findIndex(each => each.by === 'helper' && each.step === step) + 1;
