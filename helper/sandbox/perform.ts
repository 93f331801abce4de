// Performs the helper's steps of a plan, each with the descriptors of the process that waits for it.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { take } from '../cgroup/group.ts';
import { parseIpv4 } from '../network/address.ts';
import { newAddress, newVeth, setUp } from '../network/rtnetlink.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import { visit } from '../sys/namespaces.ts';
import { RouteSocket } from '../sys/netlink.ts';
import { pin } from './pins.ts';
import type { HelperStep, Side } from './steps.ts';

export interface Surroundings {
  /** The stage, which waits: it is the helper's own child, so its number is not reused. */
  readonly pid: number;
  /** Writes the record of what is being made. */
  readonly record: () => void;
}

type Performer<D extends HelperStep['do']> = (step: Extract<HelperStep, { do: D }>, waiting: Surroundings) => void;

const performers: { readonly [D in HelperStep['do']]: Performer<D> } = {
  record: (_, { record }) => record(),
  // It comes before there is a plan: see unpacking.ts.
  unpack: () => undefined,
  group: ({ step }) => take(step),
  'map-ids': ({ uids, gids, denySetgroups }, { pid }) => {
    if (denySetgroups) writeFileSync(`/proc/${pid}/setgroups`, 'deny');
    writeFileSync(`/proc/${pid}/uid_map`, mapText(uids));
    writeFileSync(`/proc/${pid}/gid_map`, mapText(gids));
  },
  'offset-clocks': ({ monotonicSeconds, boottimeSeconds }, { pid }) =>
    writeFileSync(`/proc/${pid}/timens_offsets`, `monotonic ${monotonicSeconds} 0\nboottime ${boottimeSeconds} 0\n`),
  link: ({ network }, { pid }) => withNet(pid, (fd, host) => newVeth(host, network.hostLink, network.link, fd)),
  address: ({ side, link, address }, { pid }) => on(side, pid, socket => newAddress(socket, link, parseIpv4(address), address)),
  up: ({ side, link }, { pid }) => on(side, pid, socket => setUp(socket, link)),
  pin: ({ type, path }, { pid }) => pin(`/proc/${pid}/ns/${type === 'time' ? 'time_for_children' : type}`, path),
};

/** @throws SysError or Node's error with the call and errno */
export const perform = <D extends HelperStep['do']>(step: Extract<HelperStep, { do: D }>, waiting: Surroundings): void =>
  (performers[step.do] as Performer<D>)(step, waiting);

const mapText = (maps: readonly IdMapping[]): string =>
  maps.map(({ inside, outside, count }) => `${inside} ${outside} ${count}\n`).join('');

function withNet(pid: number, work: (fd: number, host: RouteSocket) => void): void {
  const fd = openSync(`/proc/${pid}/ns/net`, 'r');
  try {
    using host = new RouteSocket();
    work(fd, host);
  } finally {
    closeSync(fd);
  }
}

function on(side: Side, pid: number, work: (socket: RouteSocket) => void): void {
  withNet(pid, (fd, host) => {
    using inside = visit('net', fd, 'net of the new sandbox', () => new RouteSocket());
    work(side === 'host' ? host : inside);
  });
}
