import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ipv4Network, overlap, parseIpv4 } from '../../../../helper/network/address.ts';
import { addressesOf, formatNetwork, freeSubnet, type Occupied, requireFree } from '../../../../helper/network/subnets.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';
import { type Next, random } from '../../random.ts';

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

describe('freeSubnet beside a search of every subnet', () => {
  const everySubnet = Array.from({ length: 2 ** 14 }, (_, index) => ({ address: parseIpv4('10.201.0.0').address + index * 4, prefix: 30 }));
  const naive = (taken: readonly Ipv4Network[]): Ipv4Network | undefined =>
    everySubnet.find(subnet => !taken.some(network => overlap(network, subnet)));
  const holding = (networks: readonly Ipv4Network[]) => (address: number) => networks.find(each => overlap(each, { address, prefix: 32 }));

  /** Around the pool's begin, its end and anywhere in it; of all sizes, and in no order. */
  const network = (next: Next): Ipv4Network => {
    const near = [0x0ac9_0000, 0x0ac9_ff00, 0x0ac9_0000 + next(0x1_0000), 0x0ac8_ff00 + next(0x1_0200)][next(4)] ?? 0;
    return { address: near + next(64), prefix: [20, 24, 29, 30, 31, 32][next(6)] ?? 30 };
  };

  it('gives the same for 300 seeds of random networks, some of them known and some only the kernel’s', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const next = random(seed);
      // From the front on in most of them, or there would be nothing to find out.
      const front = everySubnet.slice(0, next(40)).filter(() => next(8) > 0);
      const taken = [...Array.from({ length: next(30) }, () => network(next)), ...front];
      const isKnown = taken.map(() => next(2) === 0);
      const known = taken.filter((_, index) => isKnown[index]).reverse();
      const others = taken.filter((_, index) => !isKnown[index]);
      assert.deepEqual(freeSubnet(known, holding(others)), naive(taken), `seed ${seed}`);
    }
  });

  it('gives the same for networks that hold much of the pool, or all of it', () => {
    const large = ['0.0.0.0/0', '10.0.0.0/8', '10.200.0.0/15', '10.201.0.0/17', '10.201.128.0/17', '10.202.0.0/16', '10.200.255.255'];
    for (const written of large) {
      const [one, ...others] = [written, '10.201.128.0/30', '10.201.0.3'].map(parseIpv4);
      assert.ok(one);
      assert.deepEqual(freeSubnet([one], holding(others)), naive([one, ...others]), written);
      assert.deepEqual(freeSubnet(others, holding([one])), naive([one, ...others]), written);
    }
  });
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
