import { RouteSocket } from '../sys/netlink.ts';
import { formatIpv4 } from './address.ts';
import { addressedNetworks, getLinks, routedNetworks } from './rtnetlink.ts';
import type { Occupied } from './subnets.ts';

/** What the helper's own network namespace uses of IPv4: its addresses first, as they name the clearer reason. */
export function occupiedHere(): Occupied[] {
  using socket = new RouteSocket();
  const written = ({ address, prefix }: Occupied['network']): string => `${formatIpv4(address)}/${prefix}`;
  return [
    ...addressedNetworks(socket).map(network => ({
      network,
      because: () => `${written(network)}, an address of ${nameOf(network.index)}`,
    })),
    ...routedNetworks(socket).map(network => ({
      network,
      because: () => `the route to ${written(network)}${network.index === undefined ? '' : ` over ${nameOf(network.index)}`}`,
    })),
  ];
}

/** Asked for only when it is to be said: there may be thousands of links. */
function nameOf(index: number | undefined): string {
  using socket = new RouteSocket();
  return getLinks(socket).find(link => link.index === index)?.name ?? 'a link';
}
