import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ipv4Network, overlap, parseIpv4 } from '../../../../helper/network/address.ts';
import { addressesOf, formatNetwork, freeSubnet, type Occupied, requireFree } from '../../../../helper/network/subnets.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const occupied = (...networks: readonly string[]): Occupied[] =>
  networks.map(network => ({ network: parseIpv4(network), because: () => `the route to ${network}` }));

/** Of networks that are known, and the same where only the kernel knows them. */
const free = (...written: readonly string[]): string | undefined => {
  const networks = written.map(parseIpv4);
  const around = (address: number): Ipv4Network | undefined => networks.find(each => overlap(each, { address, prefix: 32 }));
  const [known, asked] = [freeSubnet(networks, () => undefined), freeSubnet([], around)];
  assert.deepEqual(known, asked);
  return known && formatNetwork(known);
};

describe('freeSubnet', () => {
  it('is the first of the pool where nothing is in use', () => assert.equal(free(), '10.201.0.0/30'));
  it('is the first that overlaps nothing', () => {
    assert.equal(free('10.201.0.1/30', '10.201.0.6/32'), '10.201.0.8/30');
    assert.equal(free('10.201.0.0/24', '192.168.0.0/16'), '10.201.1.0/30');
  });
  it('is the last when only that is left', () => {
    assert.equal(
      free(...Array.from({ length: 14 }, (_, bit) => `10.201.${256 - 2 ** (8 - bit) < 256 ? lower(bit) : 0}/${17 + bit}`)),
      '10.201.255.252/30',
    );
  });
  it('is none where the pool is covered', () => assert.equal(free('10.0.0.0/8'), undefined));
});

/** The networks /17, /18, … /30 that leave of 10.201.0.0/16 only its last four addresses. */
function lower(bit: number): string {
  const start = 2 ** 16 - 2 ** (16 - bit);
  return `${start >>> 8}.${start & 0xff}`;
}

describe('addressesOf', () => {
  it('gives the host the lower address', () => {
    assert.deepEqual(addressesOf(parseIpv4('10.201.0.8/30')), { host: '10.201.0.9/30', address: '10.201.0.10/30' });
  });
});

describe('requireFree', () => {
  const hint = 'Choose another subnet, or leave the addresses out to get a free one.';
  const refusals = [
    ['10.0.0.1/24', '10.0.1.2/24', [], 'invalid', '10.0.0.1/24 and 10.0.1.2/24 are not in one subnet.', '10.0.1.2/24'],
    ['10.0.0.1/24', '10.0.0.2/25', [], 'invalid', '10.0.0.1/24 and 10.0.0.2/25 are not in one subnet.', '10.0.0.2/25'],
    [
      '10.0.0.0/24',
      '10.0.0.2/24',
      [],
      'invalid',
      '10.0.0.0/24 is no address for a host: it is the first or the last of its subnet.',
      '10.0.0.0/24',
    ],
    [
      '10.0.0.1/30',
      '10.0.0.3/30',
      [],
      'invalid',
      '10.0.0.3/30 is no address for a host: it is the first or the last of its subnet.',
      '10.0.0.3/30',
    ],
    ['10.0.0.1/30', '10.0.0.1/30', [], 'invalid', '10.0.0.1/30 cannot be the address of both ends.', '10.0.0.1/30'],
    ['10.0.0.1/30', '10.0.0.2/30', ['10.0.0.0/8'], 'taken', '10.0.0.0/30 overlaps the route to 10.0.0.0/8.', '10.0.0.1/30'],
    ['10.0.0.9/30', '10.0.0.10/30', ['10.0.0.8/32'], 'taken', '10.0.0.8/30 overlaps the route to 10.0.0.8/32.', '10.0.0.9/30'],
  ] as const;
  for (const [host, address, networks, kind, message, subject] of refusals)
    it(`refuses ${host} and ${address}: ${message}`, () =>
      assert.throws(
        () => requireFree({ host, address }, occupied(...networks)),
        new Refusal(kind, message, { subject, ...(kind === 'taken' && { hint }) }),
      ));

  it('takes two addresses of a subnet that is free, in either order', () => {
    requireFree({ host: '10.0.0.1/30', address: '10.0.0.2/30' }, occupied('10.0.0.4/30'));
    requireFree({ host: '10.0.0.200/24', address: '10.0.0.7/24' }, []);
  });
});
