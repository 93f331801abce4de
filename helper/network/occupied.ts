import { RouteSocket } from '../sys/netlink.ts';
import { formatIpv4, type Ipv4Network } from './address.ts';
import { addressedNetworks, getLinks, networkAround, routedNetworks } from './rtnetlink.ts';
import { freeSubnet, type Occupied } from './subnets.ts';

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

/** A subnet for a new link. @param known networks that are surely in use, as those of the other sandboxes */
export function freeSubnetHere(known: readonly Ipv4Network[]): Ipv4Network | undefined {
  using socket = new RouteSocket();
  return freeSubnet(known, address => networkAround(socket, address));
}
