import type { IdMapping, Interface, Mount, Particulars, Route } from '../../helper/protocol/inspection.ts';
import type { NamespaceKey } from '../../helper/protocol/model.ts';
import { visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { givenName } from '../names.ts';
import { type Fields, Inline, Noted, type Value } from './yaml.ts';

/** What a namespace is called beside its inode: `the host's`, `sandbox web`. */
export function nameComment(machine: Machine, key: NamespaceKey): string | undefined {
  if (machine.isHosts(key)) return "the host's";
  return givenName(machine, key)?.words;
}

export const processName = (machine: Machine, pid: number): string | undefined => machine.process(pid)?.name;

type SystemVObject = Extract<Particulars, { type: 'ipc' }>['objects'][number];

function idRange({ inside, outside, count }: IdMapping): string {
  if (count === 1) return `${inside} is ${outside} outside`;
  return `${inside} to ${inside + count - 1} are ${outside} to ${outside + count - 1} outside`;
}

const idRanges = (map: readonly IdMapping[]): Value => (map.length > 0 ? map.map(idRange) : new Noted('none', 'every id is 65534, nobody'));

function peerOf(machine: Machine, own: number, peer: NonNullable<Interface['peer']>): Noted {
  const name = peer.name === undefined ? `interface ${peer.index}` : visible(peer.name);
  if (peer.inode === own) return new Noted(name, undefined);
  if (peer.inode === undefined) return new Noted(`${name} in another namespace`, undefined);
  return new Noted(`${name} in net:[${peer.inode}]`, nameComment(machine, { type: 'net', inode: peer.inode }));
}

function interfaceFields(machine: Machine, own: number, each: Interface): Fields {
  const state = [each.up ? 'up' : 'down', `${each.mtuBytes} bytes`, ...(each.hardwareAddress ? [each.hardwareAddress] : [])];
  return {
    kind: each.kind,
    peer: each.peer && peerOf(machine, own, each.peer),
    controller: each.controller,
    addresses: each.addresses.length > 0 ? new Inline(each.addresses.map(({ address }) => address)) : undefined,
    state: state.join(', '),
  };
}

const routeLine = ({ destination, gateway, device }: Route): string =>
  [destination, ...(gateway ? [`via ${gateway}`] : []), ...(device ? [`dev ${device}`] : [])].join(' ');

// As mount(8) prints it.
const mountLine = ({ source, path, fileSystem, options }: Mount): string => `${source} on ${path} type ${fileSystem} (${options})`;

const initOf = (machine: Machine, init: number | undefined): Noted =>
  init === undefined ? new Noted('none', 'no process can be started in it any more') : new Noted(init, processName(machine, init));

const offset = (seconds: number): string => `${seconds < 0 ? '' : '+'}${seconds} s`;

const orNone = (values: readonly Value[]): Value => (values.length > 0 ? values : 'none');

const systemV = ({ kind, id, key, ownerUid, size }: SystemVObject): string =>
  `${kind} ${id}, key 0x${(key >>> 0).toString(16).padStart(8, '0')}, user ${ownerUid}, ${size}`;

/** What is particular to the namespace's type, as fields. */
export function particularFields(machine: Machine, inode: number, particulars: Particulars): Fields {
  switch (particulars.type) {
    case 'net':
      return {
        interfaces: Object.fromEntries(particulars.interfaces.map(each => [each.name, interfaceFields(machine, inode, each)])),
        routes: orNone(particulars.routes.map(routeLine)),
      };
    case 'mnt':
      return { root: particulars.root, mounts: orNone(particulars.mounts.map(mountLine)) };
    case 'pid':
      return { init: initOf(machine, particulars.init) };
    case 'user':
      return { uid_map: idRanges(particulars.uidMap), gid_map: idRanges(particulars.gidMap), setgroups: particulars.setgroups };
    case 'uts':
      return { hostname: particulars.hostname, domainname: particulars.domainname };
    case 'ipc':
      return { 'System V objects': orNone(particulars.objects.map(systemV)), 'POSIX message queues': orNone(particulars.messageQueues) };
    case 'cgroup':
      return { root: particulars.root.map(({ hierarchy, path }) => (hierarchy ? `${hierarchy} ${path}` : path)) };
    case 'time':
      return { CLOCK_MONOTONIC: offset(particulars.monotonicSeconds), CLOCK_BOOTTIME: offset(particulars.boottimeSeconds) };
  }
}
