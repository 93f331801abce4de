// Which subnet a new link may have. Pure: the host's addresses and routes come in as data.
import type { SandboxNetwork } from '../protocol/model.ts';
import { Refusal } from '../sys/errors.ts';
import { firstOf, formatIpv4, type Ipv4Network, overlap, parseIpv4, sizeOf } from './address.ts';

/** A network that the host knows already, and what to call it in a sentence. */
export interface Occupied {
  readonly network: Ipv4Network;
  readonly because: () => string;
}

const POOL = parseIpv4('10.201.0.0/16');
const PREFIX = 30;

/**
 * The first /30 of 10.201.0.0/16 that overlaps nothing; undefined when there is none.
 * @param known networks that are in use, to be passed over without a question
 * @param around the network in use that holds an address
 */
export function freeSubnet(known: readonly Ipv4Network[], around: (address: number) => Ipv4Network | undefined): Ipv4Network | undefined {
  const size = sizeOf(PREFIX);
  const end = POOL.address + sizeOf(POOL.prefix);
  const after = (network: Ipv4Network): number => Math.ceil((firstOf(network) + sizeOf(network.prefix)) / size) * size;
  const passed = [...known].sort((a, b) => firstOf(a) - firstOf(b));
  for (let address = POOL.address, at = 0; address < end; ) {
    const next = passed[at];
    if (next && firstOf(next) < address + size) {
      address = Math.max(address, after(next));
      at++;
      continue;
    }
    const used = [0, 1, 2, 3].map(offset => around(address + offset)).find(network => network !== undefined);
    if (!used) return { address, prefix: PREFIX };
    address = after(used);
  }
  return undefined;
}

export const formatNetwork = ({ address, prefix }: Ipv4Network): string => `${formatIpv4(address)}/${prefix}`;

/** The two usable addresses of a /30, the host's first. */
export function addressesOf({ address, prefix }: Ipv4Network): { host: string; address: string } {
  return { host: `${formatIpv4(address + 1)}/${prefix}`, address: `${formatIpv4(address + 2)}/${prefix}` };
}

/** @throws Refusal `taken` or `invalid`, naming the address and what it collides with */
export function requireFree({ host, address }: { host: string; address: string }, occupied: readonly Occupied[]): void {
  const [outer, inner] = [parseIpv4(host), parseIpv4(address)];
  if (outer.prefix !== inner.prefix || firstOf(outer) !== firstOf(inner)) {
    throw new Refusal('invalid', `${host} and ${address} are not in one subnet.`, { subject: address });
  }
  for (const [written, { address: number, prefix }] of [
    [host, outer],
    [address, inner],
  ] as const) {
    if (number === firstOf(outer) || number === firstOf(outer) + 2 ** (32 - prefix) - 1) {
      throw new Refusal('invalid', `${written} is no address for a host: it is the first or the last of its subnet.`, { subject: written });
    }
  }
  if (outer.address === inner.address) throw new Refusal('invalid', `${host} cannot be the address of both ends.`, { subject: host });
  const collision = occupied.find(({ network }) => overlap(network, outer));
  if (collision) {
    throw new Refusal('taken', `${formatNetwork({ ...outer, address: firstOf(outer) })} overlaps ${collision.because()}.`, {
      subject: host,
      hint: 'Choose another subnet, or leave the addresses out to get a free one.',
    });
  }
}

export const linkNames = (id: string): Pick<SandboxNetwork, 'hostLink' | 'link'> => ({ hostLink: `bw-${id}`, link: 'eth0' });
