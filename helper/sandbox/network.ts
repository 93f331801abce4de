// Which network a sandbox gets.
import type { Ipv4Network } from '../network/address.ts';
import { freeSubnetHere, occupiedHere } from '../network/occupied.ts';
import { addressesOf, formatNetwork, linkNames, requireFree } from '../network/subnets.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { SandboxNetwork } from '../protocol/model.ts';
import { Refusal } from '../sys/errors.ts';

/**
 * @param own networks of the helper's sandboxes, which the host may not have yet
 * @throws Refusal `taken` or `invalid`
 */
export function networkFor(id: string, definition: Definition, own: readonly Ipv4Network[]): SandboxNetwork | undefined {
  const { name, namespaces, network = 'link' } = definition;
  if (network === 'none' || namespaces.net !== true) return undefined;
  if (network !== 'link') {
    requireFree(network, [
      ...occupiedHere(),
      ...own.map(each => ({ network: each, because: () => `${formatNetwork(each)} of another sandbox` })),
    ]);
    return { ...linkNames(id), hostAddress: network.host, address: network.address };
  }
  const subnet = freeSubnetHere(own);
  if (!subnet)
    throw new Refusal('taken', `No subnet of 10.201.0.0/16 is free for ${name}.`, {
      subject: '10.201.0.0/16',
      hint: 'Name two addresses, or use "network": "none".',
    });
  const { host, address } = addressesOf(subnet);
  return { ...linkNames(id), hostAddress: host, address };
}
