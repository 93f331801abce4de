// The requests of rtnetlink(7) that Burrow makes, each as a function named for the message.
import { NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, type Request, RequestFailed, type RouteSocket } from '../sys/netlink.ts';
import { attribute, attributeOf, i32Of, type Message, nested, parseAttributes, text, textOf, u32, u32Of } from '../sys/netlink-messages.ts';
import { formatAddress, formatIpv4, type Ipv4Network } from './address.ts';

const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26 } as const;
/** The fixed structs of each kind of message: struct ifinfomsg, ifaddrmsg and rtmsg. */
const LINK_BYTES = 16;
const ADDRESS_BYTES = 8;
const ROUTE_BYTES = 12;

/** A message of another kind, or one that is too short for its struct, says nothing. */
const isA = ({ type, payload }: Message, wanted: number, bytes: number): boolean => type === wanted && payload.length >= bytes;
const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, LINK: 5, MASTER: 10, LINKINFO: 18, NET_NS_FD: 28, LINK_NETNSID: 37 } as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const VETH_INFO_PEER = 1;
const IFA = { ADDRESS: 1, LOCAL: 2 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, TABLE: 15 } as const;
const IFF_UP = 1;
const AF_INET = 2;
const RT_TABLE_LOCAL = 255;
const RTN_MULTICAST = 5;
const RTM_F_FIB_MATCH = 0x2000;

/** struct ifinfomsg */
function ifinfomsg(index = 0, flags = 0, change = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(change, 12);
  return bytes;
}

const dump = (name: string, subject: string, type: number, payload: Buffer): Request => ({
  name,
  subject,
  type,
  flags: NLM_F_DUMP,
  payload,
});

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

export const getLinks = (socket: RouteSocket): Link[] =>
  socket.request(dump('RTM_GETLINK', 'the links', RTM.GETLINK, ifinfomsg())).flatMap(message => parseLink(message) ?? []);

/** @returns undefined for what tells of no link */
export function parseLink(message: Message): Link | undefined {
  if (!isA(message, RTM.NEWLINK, LINK_BYTES)) return undefined;
  const { payload } = message;
  const found = parseAttributes(payload, LINK_BYTES);
  const info = found.get(IFLA.LINKINFO);
  const hardware = found.get(IFLA.ADDRESS);
  return {
    index: payload.readInt32LE(4),
    name: textOf(found.get(IFLA.IFNAME)) ?? '?',
    kind: info && textOf(attributeOf(info, 0, IFLA_INFO.KIND)),
    hardwareType: payload.readUInt16LE(2),
    up: (payload.readUInt32LE(8) & IFF_UP) !== 0,
    mtuBytes: u32Of(found.get(IFLA.MTU)) ?? 0,
    hardwareAddress: hardware?.length === 6 ? (hardware.toString('hex').match(/../g) ?? []).join(':') : undefined,
    peer: u32Of(found.get(IFLA.LINK)),
    peerNamespace: i32Of(found.get(IFLA.LINK_NETNSID)),
    controller: u32Of(found.get(IFLA.MASTER)),
  };
}

export interface LinkAddress {
  readonly index: number;
  /** With its prefix. */
  readonly address: string;
  readonly scope: string;
}

const scopes: Readonly<Record<number, string>> = { 0: 'global', 200: 'site', 253: 'link', 254: 'host' };

export const getAddresses = (socket: RouteSocket): LinkAddress[] =>
  socket
    .request(dump('RTM_GETADDR', 'the addresses', RTM.GETADDR, Buffer.alloc(ADDRESS_BYTES)))
    .flatMap(message => parseAddress(message) ?? []);

/** @returns undefined for what tells of no address */
export function parseAddress(message: Message): LinkAddress | undefined {
  if (!isA(message, RTM.NEWADDR, ADDRESS_BYTES)) return undefined;
  const { payload } = message;
  const found = parseAttributes(payload, ADDRESS_BYTES);
  const address = found.get(IFA.LOCAL) ?? found.get(IFA.ADDRESS);
  if (!address) return undefined;
  const scope = scopes[payload.readUInt8(3)] ?? String(payload.readUInt8(3));
  return { index: payload.readUInt32LE(4), address: `${formatAddress(address)}/${payload.readUInt8(1)}`, scope };
}

export interface LinkRoute {
  readonly family: number;
  /** `default`, or the network with its prefix. */
  readonly destination: string;
  readonly gateway: string | undefined;
  readonly index: number | undefined;
}

/** All unicast routes but those of the local table, which only repeat the addresses. */
export const getRoutes = (socket: RouteSocket): LinkRoute[] =>
  socket.request(dump('RTM_GETROUTE', 'the routes', RTM.GETROUTE, Buffer.alloc(ROUTE_BYTES))).flatMap(message => parseRoute(message) ?? []);

/** @returns undefined for what tells of no such route */
export function parseRoute(message: Message): LinkRoute | undefined {
  if (!isA(message, RTM.NEWROUTE, ROUTE_BYTES) || isLocalOrMulticast(message.payload)) return undefined;
  const { payload } = message;
  const found = parseAttributes(payload, ROUTE_BYTES);
  const destination = found.get(RTA.DST);
  const gateway = found.get(RTA.GATEWAY);
  return {
    family: payload.readUInt8(0),
    destination: destination ? `${formatAddress(destination)}/${payload.readUInt8(1)}` : 'default',
    gateway: gateway && formatAddress(gateway),
    index: u32Of(found.get(RTA.OIF)),
  };
}

/** The number of the local table fits into struct rtmsg, where that of others may not. */
const isLocalOrMulticast = (route: Buffer): boolean => route.readUInt8(4) === RT_TABLE_LOCAL || route.readUInt8(7) === RTN_MULTICAST;

/** A network in use, and the link by which; undefined for a route that goes nowhere. */
export interface UsedNetwork extends Ipv4Network {
  readonly index: number | undefined;
}

/** The host's IPv4 addresses, as numbers and no more: there may be thousands. */
export const addressedNetworks = (socket: RouteSocket): UsedNetwork[] =>
  socket
    .request(dump('RTM_GETADDR', 'the addresses', RTM.GETADDR, Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0])))
    .filter(message => isA(message, RTM.NEWADDR, ADDRESS_BYTES))
    .map(({ payload }) => ({
      address: numberOf(attributeOf(payload, ADDRESS_BYTES, IFA.LOCAL) ?? attributeOf(payload, ADDRESS_BYTES, IFA.ADDRESS)),
      prefix: payload.readUInt8(1),
      index: payload.readUInt32LE(4),
    }));

/** The networks of {@link getRoutes} in IPv4 but the default, as numbers and no more. */
export const routedNetworks = (socket: RouteSocket): UsedNetwork[] =>
  socket
    .request(dump('RTM_GETROUTE', 'the routes', RTM.GETROUTE, Buffer.from([AF_INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])))
    .filter(message => isA(message, RTM.NEWROUTE, ROUTE_BYTES))
    .filter(({ payload }) => payload.readUInt8(1) > 0 && !isLocalOrMulticast(payload))
    .map(({ payload }) => ({
      address: numberOf(attributeOf(payload, ROUTE_BYTES, RTA.DST)),
      prefix: payload.readUInt8(1),
      index: u32Of(attributeOf(payload, ROUTE_BYTES, RTA.OIF)),
    }));

/**
 * The most particular network to which the host has a route that holds this address; undefined where it has none but the
 * default. One question to the kernel, however many routes there are. Not seen: what only a policy rule leads to, and the
 * address of a link that is switched off.
 */
export function networkAround(socket: RouteSocket, address: number): Ipv4Network | undefined {
  const message = Buffer.alloc(12); // struct rtmsg
  message.writeUInt8(AF_INET, 0);
  message.writeUInt8(32, 1);
  message.writeUInt32LE(RTM_F_FIB_MATCH, 8);
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32BE(address);
  const subject = `the route to ${formatIpv4(address)}`;
  const payload = Buffer.concat([message, attribute(RTA.DST, wanted)]);
  try {
    const [answer] = socket.request({ name: 'RTM_GETROUTE', subject, type: RTM.GETROUTE, flags: 0, payload });
    if (!answer || !isA(answer, RTM.NEWROUTE, ROUTE_BYTES) || answer.payload.readUInt8(1) === 0) return undefined;
    const found = answer.payload;
    return { address: numberOf(attributeOf(found, ROUTE_BYTES, RTA.DST)), prefix: found.readUInt8(1) };
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (error.errno === 'ENETUNREACH') return undefined;
    return { address, prefix: 32 }; // EHOSTUNREACH, EACCES, EINVAL: a route that says no is one
  }
}

const numberOf = (address: Buffer | undefined): number => (address && address.length >= 4 ? address.readUInt32BE() : 0);

const byName = (name: string): Buffer => Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(name))]);

/** The loopback's index in every network namespace. */
export const LOOPBACK = 1;

/** The index of each end of a veth pair, in the namespace where it is. */
export interface VethEnds {
  readonly host: number;
  readonly inside: number;
}

/**
 * Makes a veth pair by one message, each end already in its last namespace: `host` in the socket's,
 * `inside` in that of the descriptor.
 * @throws RequestFailed EEXIST when a name is taken on its side
 */
export function newVeth(socket: RouteSocket, host: string, inside: string, insideNamespace: number): VethEnds {
  const peer = Buffer.concat([ifinfomsg(), attribute(IFLA.IFNAME, text(inside)), attribute(IFLA.NET_NS_FD, u32(insideNamespace))]);
  const info = nested(IFLA.LINKINFO, attribute(IFLA_INFO.KIND, text('veth')), nested(IFLA_INFO.DATA, attribute(VETH_INFO_PEER, peer)));
  const payload = Buffer.concat([byName(host), info]);
  const subject = `veth pair ${host} and ${inside}`;
  const [, answers] = socket.together([
    { name: 'RTM_NEWLINK', subject, type: RTM.NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, payload },
    { name: 'RTM_GETLINK', subject, type: RTM.GETLINK, flags: 0, payload: byName(host) },
  ]);
  const made = answers?.[0] && parseLink(answers[0]);
  if (!made) throw new Error(`the kernel did not tell of ${subject}`);
  return { host: made.index, inside: made.peer ?? 0 };
}

/** Switches a link on. @param written the link's name, for the error */
export const up = (index: number, written: string): Request => ({
  name: 'RTM_NEWLINK',
  subject: `link ${written}`,
  type: RTM.NEWLINK,
  flags: 0,
  payload: ifinfomsg(index, IFF_UP, IFF_UP),
});

/** Gives a link an address. @param written address and link, for the error: `10.201.0.1/30 on eth0` */
export function newAddress(index: number, { address, prefix }: Ipv4Network, written: string): Request {
  const message = Buffer.alloc(8); // struct ifaddrmsg
  message.writeUInt8(AF_INET, 0);
  message.writeUInt8(prefix, 1);
  message.writeUInt32LE(index, 4);
  const value = Buffer.alloc(4);
  value.writeUInt32BE(address);
  return {
    name: 'RTM_NEWADDR',
    subject: `address ${written}`,
    type: RTM.NEWADDR,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    payload: Buffer.concat([message, attribute(IFA.LOCAL, value), attribute(IFA.ADDRESS, value)]),
  };
}

/** Takes a link away, and of a veth pair both ends; ENODEV when there is none. */
export const linkDeletion = (name: string): Request => ({
  name: 'RTM_DELLINK',
  subject: `link ${name}`,
  type: RTM.DELLINK,
  flags: 0,
  payload: byName(name),
});

/** What a socket of these groups receives when a link goes. */
export const RTMGRP_LINK = 1;

/** Does this announce that a link of that name is gone? A bridge tells of its ports by the same message, with a family of its own. */
export const announcesEnd = (message: Message, name: string): boolean =>
  isA(message, RTM.DELLINK, LINK_BYTES) &&
  message.payload.readUInt8(0) === 0 &&
  textOf(attributeOf(message.payload, LINK_BYTES, IFLA.IFNAME)) === name;
