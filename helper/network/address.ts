/** An IPv4 address with its prefix length, as numbers. */
export interface Ipv4Network {
  readonly address: number;
  readonly prefix: number;
}

/** `10.201.0.1/30`; the caller has checked the form (Ipv4WithPrefix of the definition). */
export function parseIpv4(text: string): Ipv4Network {
  const [address = '', prefix = '32'] = text.split('/');
  return { address: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), prefix: Number(prefix) };
}

export const formatIpv4 = (address: number): string => [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.');

/** How many addresses a network has. */
export const sizeOf = (prefix: number): number => 2 ** (32 - prefix);
export const firstOf = ({ address, prefix }: Ipv4Network): number => Math.floor(address / sizeOf(prefix)) * sizeOf(prefix);

export function overlap(one: Ipv4Network, other: Ipv4Network): boolean {
  return firstOf(one) < firstOf(other) + sizeOf(other.prefix) && firstOf(other) < firstOf(one) + sizeOf(one.prefix);
}

/** An address or a network as bytes → text; IPv6 in the short form of RFC 5952. */
export function formatAddress(bytes: Buffer): string {
  if (bytes.length === 4) return formatIpv4(bytes.readUInt32BE(0));
  if (bytes.length !== 16) return bytes.toString('hex'); // of a family that has no notation here
  const text = Array.from({ length: 8 }, (_, index) => `:${bytes.readUInt16BE(index * 2).toString(16)}`).join('');
  // The longest run of zero groups, and of several the first: the sort is stable.
  const [zeros] = (text.match(/(?::0){2,}(?=:|$)/g) ?? []).sort((a, b) => b.length - a.length);
  if (zeros === undefined) return text.slice(1);
  const at = text.indexOf(zeros);
  return `${text.slice(1, at)}::${text.slice(at + zeros.length + 1)}`;
}
