// Which network a sandbox gets, and the helper's steps that make it.
import { occupiedHere } from '../network/occupied.ts';
import { deleteLink } from '../network/rtnetlink.ts';
import { addressesOf, freeSubnet, linkNames, requireFree } from '../network/subnets.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { SandboxNetwork } from '../protocol/model.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { RouteSocket } from '../sys/netlink.ts';
import type { HelperStep } from './steps.ts';

export function networkFor(id: string, definition: Definition): SandboxNetwork | undefined {
  const { name, namespaces, network = 'link' } = definition;
  if (network === 'none' || namespaces.net !== true) return undefined;
  const occupied = occupiedHere();
  if (network !== 'link') {
    requireFree(network, occupied);
    return { ...linkNames(id), hostAddress: network.host, address: network.address };
  }
  const subnet = freeSubnet(occupied);
  if (!subnet)
    throw new Refusal('taken', `No subnet of 10.201.0.0/16 is free for ${name}.`, {
      subject: '10.201.0.0/16',
      hint: 'Name two addresses, or use "network": "none".',
    });
  const { host, address } = addressesOf(subnet);
  return { ...linkNames(id), hostAddress: host, address };
}

export function networkSteps(network: SandboxNetwork | undefined): HelperStep[] {
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

/** The link goes with the sandbox's network namespace, but not before the kernel gets round to it, and not while something else holds that. */
export function removeLink(name: string): void {
  using socket = new RouteSocket();
  try {
    deleteLink(socket, name);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === 'ENODEV')) throw error; // it is gone already
  }
}
