import { RouteSocket } from '../sys/netlink.ts';
import { parseIpv4 } from './address.ts';
import { AF_INET, getAddresses, getLinks, getRoutes } from './rtnetlink.ts';
import type { Occupied } from './subnets.ts';

/** What the helper's own network namespace uses of IPv4: its addresses first, as they name the clearer reason. */
export function occupiedHere(): Occupied[] {
  using socket = new RouteSocket();
  const addresses = getAddresses(socket, AF_INET);
  const routes = getRoutes(socket, AF_INET).filter(each => each.destination !== 'default');
  return [
    ...addresses.map(({ address, index }) => ({
      network: parseIpv4(address),
      because: () => `${address}, an address of ${nameOf(index)}`,
    })),
    ...routes.map(({ destination, index }) => ({
      network: parseIpv4(destination),
      because: () => `the route to ${destination}${index === undefined ? '' : ` over ${nameOf(index)}`}`,
    })),
  ];
}

/** Asked for only when it is to be said: there may be thousands of links. */
function nameOf(index: number): string {
  using socket = new RouteSocket();
  return getLinks(socket).find(link => link.index === index)?.name ?? 'a link';
}
