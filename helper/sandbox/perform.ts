// Performs the helper's steps of a plan, each with the descriptors of the process that waits for it.
import { writeTo } from '../cgroup/files.ts';
import { take } from '../cgroup/group.ts';
import { parseIpv4 } from '../network/address.ts';
import { LOOPBACK, newAddress, up } from '../network/rtnetlink.ts';
import { Wiring } from '../network/wiring.ts';
import type { HelperStep } from '../plan/steps.ts';
import { RequestFailed } from '../sys/netlink.ts';
import { mapText } from './ids.ts';
import { mapNested } from './nested-map.ts';
import { pin } from './pins.ts';

export interface Surroundings {
  /** The stage, which waits: it is the helper's own child, so its number is not reused. */
  readonly pid: number;
  /** Writes the record of what is being made. */
  readonly record: () => void;
  /** Keeps it as made, with the process that it stands on. */
  readonly ready: (pid: number) => void;
  /** Makes an idmapped mount, which the stage gets by that handle. */
  readonly idmap: (from: string, handle: string) => Promise<void>;
}

type NetworkStep = Extract<HelperStep, { do: 'link' | 'address' | 'up' }>;
type LocalStep = Exclude<HelperStep, NetworkStep>;
type Performer<D extends LocalStep['do']> = (step: Extract<LocalStep, { do: D }>, waiting: Surroundings) => void | Promise<void>;

const isNetworkStep = (step: HelperStep): step is NetworkStep => step.do === 'link' || step.do === 'address' || step.do === 'up';

const performers: { readonly [D in LocalStep['do']]: Performer<D> } = {
  record: (_, { record }) => record(),
  // It comes before there is a plan: see unpacking.ts.
  unpack: () => undefined,
  group: ({ step }) => take(step),
  idmap: ({ from, handle }, { idmap }) => idmap(from, handle),
  'map-ids': ({ uids, gids, denySetgroups }, { pid }) => {
    if (denySetgroups) writeTo(`/proc/${pid}/setgroups`, 'deny');
    writeTo(`/proc/${pid}/uid_map`, mapText(uids));
    writeTo(`/proc/${pid}/gid_map`, mapText(gids));
  },
  'map-nested': ({ uids, gids }, { pid }) => mapNested(pid, uids, gids),
  'offset-clocks': ({ monotonicSeconds, boottimeSeconds }, { pid }) =>
    writeTo(`/proc/${pid}/timens_offsets`, `monotonic ${monotonicSeconds} 0\nboottime ${boottimeSeconds} 0\n`),
  ready: (_, { ready, pid }) => ready(pid),
  pin: ({ type, path }, { pid }) => pin(`/proc/${pid}/ns/${type === 'time' ? 'time_for_children' : type}`, path),
};

/** @throws SysError or Node's error with the call and errno */
const performOne = <D extends LocalStep['do']>(step: Extract<LocalStep, { do: D }>, waiting: Surroundings): void | Promise<void> =>
  (performers[step.do] as Performer<D>)(step, waiting);

/**
 * Performs what is to be done while the stage waits; what belongs to the network goes in one message to each side.
 * Nobody else of the helper's gets a turn between two steps, and finds the half of something, but for one that takes a process.
 * @param failed told of the step at which it ends, before the error is thrown
 * @throws SysError or Node's error with the call and errno
 */
export async function perform(steps: readonly HelperStep[], waiting: Surroundings, failed: (step: HelperStep) => void): Promise<void> {
  const wires = steps.filter(isNetworkStep);
  for (const step of steps) {
    if (!isNetworkStep(step)) {
      const working = naming(failed, [step], () => performOne(step, waiting));
      if (working)
        await working.catch((error: unknown) => {
          failed(step);
          throw error;
        });
    } else if (step === wires[0]) wire(wires, waiting.pid, failed);
  }
}

function wire(steps: readonly NetworkStep[], pid: number, failed: (step: HelperStep) => void): void {
  using wiring = naming(failed, steps, () => new Wiring(pid));
  const link = steps.find(step => step.do === 'link');
  const ends = link && naming(failed, [link], () => wiring.pair(link.network.hostLink, link.network.link));
  for (const side of ['host', 'inside'] as const) {
    const own = steps.filter(step => step.do !== 'link').filter(step => step.side === side);
    const requests = own.map(step => {
      const index = step.link === 'lo' ? LOOPBACK : (ends?.[side] ?? 0);
      return step.do === 'up' ? up(index, step.link) : newAddress(index, parseIpv4(step.address), `${step.address} on ${step.link}`);
    });
    if (requests.length > 0) naming(failed, own, () => wiring.sides[side].together(requests));
  }
}

/** Of several steps that are done together, the error says which failed. */
function naming<T>(failed: (step: HelperStep) => void, steps: readonly HelperStep[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    const step = steps[error instanceof RequestFailed ? error.index : 0] ?? steps[0];
    if (step) failed(step);
    throw error;
  }
}
