// The requests of rtnetlink(7) that Burrow makes, each as a function named for the message.
import {
  attribute,
  type Message,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  nested,
  parseAttributes,
  type RouteSocket,
  text,
  textOf,
  u32,
} from '../sys/netlink.ts';
import { formatAddress, type Ipv4Network } from './address.ts';

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, GETADDR: 22, GETROUTE: 26 } as const;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, NET_NS_FD: 28, LINK_NETNSID: 37 } as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const VETH_INFO_PEER = 1;
const IFA = { ADDRESS: 1, LOCAL: 2 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, TABLE: 15 } as const;
const IFF_UP = 1;
const AF_INET = 2;
const RT_TABLE_LOCAL = 255;
const RTN_MULTICAST = 5;

/** struct ifinfomsg */
function ifinfomsg(index = 0, flags = 0, change = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(change, 12);
  return bytes;
}

export interface Link {
  readonly index: number;
  readonly name: string;
  readonly kind: string | undefined;
  /** ARPHRD_*; 772 is the loopback. */
  readonly hardwareType: number;
  readonly up: boolean;
  readonly mtuBytes: number;
  readonly hardwareAddress: string | undefined;
  /** Index of the peer or of the link below, in the namespace that `peerNamespace` names for this one. */
  readonly peer: number | undefined;
  /** The id by which this namespace knows the peer's; absent when it is the same one. */
  readonly peerNamespace: number | undefined;
  readonly controller: number | undefined;
}

export function getLinks(socket: RouteSocket): Link[] {
  return socket.request('RTM_GETLINK', 'the links', RTM.GETLINK, NLM_F_DUMP, ifinfomsg()).map(({ payload }) => {
    const found = parseAttributes(payload, 16);
    const info = found.get(IFLA.LINKINFO);
    const hardware = found.get(IFLA.ADDRESS);
    return {
      index: payload.readInt32LE(4),
      name: textOf(found.get(IFLA.IFNAME)) ?? '?',
      kind: info && textOf(parseAttributes(info, 0).get(IFLA_INFO.KIND)),
      hardwareType: payload.readUInt16LE(2),
      up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
      mtuBytes: found.get(IFLA.MTU)?.readUInt32LE() ?? 0,
      hardwareAddress: hardware?.length === 6 ? (hardware.toString('hex').match(/../g) ?? []).join(':') : undefined,
      peer: found.get(IFLA.LINK)?.readUInt32LE(),
      peerNamespace: found.get(IFLA.LINK_NETNSID)?.readInt32LE(),
      controller: found.get(IFLA.MASTER)?.readUInt32LE(),
    };
  });
}

export interface LinkAddress {
  readonly index: number;
  /** With its prefix. */
  readonly address: string;
  readonly scope: string;
}

const scopes: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };

export function getAddresses(socket: RouteSocket): LinkAddress[] {
  return socket.request('RTM_GETADDR', 'the addresses', RTM.GETADDR, NLM_F_DUMP, Buffer.alloc(8)).flatMap(({ payload }) => {
    const found = parseAttributes(payload, 8);
    const address = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
    if (!address) return [];
    const scope = scopes[payload.readUInt8(3)] ?? String(payload.readUInt8(3));
    return [{ index: payload.readUInt32LE(4), address: `${formatAddress(address)}/${payload.readUInt8(1)}`, scope }];
  });
}

export interface LinkRoute {
  readonly family: number;
  /** `default`, or the network with its prefix. */
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly index: number | undefined;
}

/** All unicast routes but those of the local table, which only repeat the addresses. */
export function getRoutes(socket: RouteSocket): LinkRoute[] {
  return socket.request('RTM_GETROUTE', 'the routes', RTM.GETROUTE, NLM_F_DUMP, Buffer.alloc(12)).flatMap(message => route(message) ?? []);
}

function route({ payload }: Message): LinkRoute | undefined {
  const found = parseAttributes(payload, 12);
  const table = found.get(RTA.TABLE)?.readUInt32LE() ?? payload.readUInt8(4);
  if (table === RT_TABLE_LOCAL || payload.readUInt8(7) === RTN_MULTICAST) return undefined;
  const destination = found.get(RTA.DST);
  const gateway = found.get(RTA.GATEWAY);
  return {
    family: payload.readUInt8(0),
    destination: destination ? `${formatAddress(destination)}/${payload.readUInt8(1)}` : 'default',
    gateway: gateway && formatAddress(gateway),
    index: found.get(RTA.OIF)?.readUInt32LE(),
  };
}

/**
 * Makes a veth pair by one message, each end already in its last namespace: `host` in the socket's,
 * `inside` in that of the descriptor.
 * @throws SysError EEXIST when a name is taken on its side
 */
export function newVeth(socket: RouteSocket, host: string, inside: string, insideNamespace: number): void {
  const peer = Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(inside)), attribute(IFLA.NET_NS_FD, u32(insideNamespace))]);
  const info = nested(IFLA.LINKINFO, attribute(IFLA_INFO.KIND, text('veth')), nested(IFLA_INFO.DATA, attribute(VETH_INFO_PEER, peer)));
  const payload = Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(host)), info]);
  socket.request('RTM_NEWLINK', `veth pair ${host} and ${inside}`, RTM.NEWLINK, NLM_F_CREATE | NLM_F_EXCL, payload);
}

export function linkIndex(socket: RouteSocket, name: string): number {
  const [answer] = socket.request(
    'RTM_GETLINK',
    `link ${name}`,
    RTM.GETLINK,
    0,
    Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(name))]),
  );
  return answer?.payload.readInt32LE(4) ?? 0;
}

export function setUp(socket: RouteSocket, name: string): void {
  socket.request('RTM_NEWLINK', `link ${name}`, RTM.NEWLINK, 0, ifinfomsg(linkIndex(socket, name), IFF_UP, IFF_UP));
}

/** Takes both ends of a veth pair away. @throws SysError ENODEV when there is no such link */
export function deleteLink(socket: RouteSocket, name: string): void {
  socket.request('RTM_DELLINK', `link ${name}`, RTM.DELLINK, 0, Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(name))]));
}

export function newAddress(socket: RouteSocket, link: string, { address, prefix }: Ipv4Network, written: string): void {
  const message = Buffer.alloc(8); // struct ifaddrmsg
  message.writeUInt8(AF_INET, 0);
  message.writeUInt8(prefix, 1);
  message.writeUInt32LE(linkIndex(socket, link), 4);
  const value = Buffer.alloc(4);
  value.writeUInt32BE(address);
  const payload = Buffer.concat([message, attribute(IFA.LOCAL, value), attribute(IFA.ADDRESS, value)]);
  socket.request('RTM_NEWADDR', `address ${written} on ${link}`, RTM.NEWADDR, NLM_F_CREATE | NLM_F_EXCL, payload);
}
