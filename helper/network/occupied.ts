import { RouteSocket } from '../sys/netlink.ts';
import { parseIpv4 } from './address.ts';
import { getAddresses, getLinks, getRoutes } from './rtnetlink.ts';
import type { Occupied } from './subnets.ts';

const AF_INET = 2;

/** What the helper's own network namespace uses of IPv4: its addresses first, as they name the clearer reason. */
export function occupiedHere(): Occupied[] {
  using socket = new RouteSocket();
  const names = new Map(getLinks(socket).map(link => [link.index, link.name]));
  const addresses = getAddresses(socket).filter(each => !each.address.includes(':'));
  const routes = getRoutes(socket).filter(each => each.family === AF_INET && each.destination !== 'default');
  return [
    ...addresses.map(({ address, index }) => ({
      network: parseIpv4(address),
      because: `${address}, an address of ${names.get(index) ?? 'a link'}`,
    })),
    ...routes.map(({ destination, index }) => ({
      network: parseIpv4(destination),
      because: `the route to ${destination}${index === undefined ? '' : ` over ${names.get(index) ?? 'a link'}`}`,
    })),
  ];
}
