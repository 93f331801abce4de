// Which network a sandbox gets, and the helper's steps that make it.
import { parseIpv4 } from '../network/address.ts';
import { occupiedHere } from '../network/occupied.ts';
import { addressesOf, freeSubnet, linkNames, requireFree } from '../network/subnets.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { SandboxNetwork } from '../protocol/model.ts';
import { Refusal } from '../sys/errors.ts';
import type { HelperStep } from './steps.ts';

/**
 * @param reserved by those that are being made; this one is among them then
 * @throws Refusal `taken` or `invalid`
 */
export function networkFor(id: string, definition: Definition, reserved: Map<string, SandboxNetwork>): SandboxNetwork | undefined {
  const network = choose(id, definition, reserved);
  if (network) reserved.set(id, network);
  return network;
}

function choose(id: string, definition: Definition, reserved: ReadonlyMap<string, SandboxNetwork>): SandboxNetwork | undefined {
  const { name, namespaces, network = 'link' } = definition;
  if (network === 'none' || namespaces.net !== true) return undefined;
  const making = [...reserved.values()].map(each => ({
    network: parseIpv4(each.hostAddress),
    because: () => `${each.hostAddress}, which another sandbox is to get`,
  }));
  const occupied = [...occupiedHere(), ...making];
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
