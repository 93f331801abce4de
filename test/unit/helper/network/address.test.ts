import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstOf, formatAddress, formatIpv4, overlap, parseIpv4 } from '../../../../helper/network/address.ts';

describe('parseIpv4 and formatIpv4', () => {
  const written = [
    ['0.0.0.0/0', 0, 0],
    ['10.201.0.1/30', 0x0ac9_0001, 30],
    ['255.255.255.255/32', 0xffff_ffff, 32],
  ] as const;
  for (const [text, address, prefix] of written)
    it(`read and write ${text}`, () => {
      assert.deepEqual(parseIpv4(text), { address, prefix });
      assert.equal(`${formatIpv4(address)}/${prefix}`, text);
    });
  it('take an address without a prefix for itself alone', () => assert.equal(parseIpv4('10.0.0.1').prefix, 32));
});

describe('firstOf', () => {
  it('is the network address', () => {
    assert.equal(formatIpv4(firstOf(parseIpv4('192.168.7.200/26'))), '192.168.7.192');
    assert.equal(formatIpv4(firstOf(parseIpv4('200.1.2.3/0'))), '0.0.0.0');
    assert.equal(formatIpv4(firstOf(parseIpv4('200.1.2.3/32'))), '200.1.2.3');
  });
});

describe('overlap', () => {
  const pairs = [
    ['10.0.0.0/8', '10.201.0.0/30', true],
    ['10.201.0.0/30', '10.201.0.4/30', false],
    ['10.201.0.1/30', '10.201.0.2/30', true],
    ['10.201.0.3/32', '10.201.0.0/30', true],
    ['0.0.0.0/0', '203.0.113.1/32', true],
    ['128.0.0.0/1', '127.255.255.255/32', false],
  ] as const;
  for (const [one, other, expected] of pairs)
    it(`is ${expected} for ${one} and ${other}, both ways`, () => {
      assert.equal(overlap(parseIpv4(one), parseIpv4(other)), expected);
      assert.equal(overlap(parseIpv4(other), parseIpv4(one)), expected);
    });
});

describe('formatAddress', () => {
  const addresses = [
    ['0ac90001', '10.201.0.1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['fe800000000000000000000000000001', 'fe80::1'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'], // a single zero group stays
    ['00000000000100000000000200030004', '::1:0:0:2:3:4'], // of two runs of the same length the first
    ['00000000000100000000000000030004', '0:0:1::3:4'],
    ['00010000000000020003000000000000', '1:0:0:2:3::'],
  ] as const;
  for (const [bytes, text] of addresses)
    it(`writes ${text}`, () => {
      assert.equal(formatAddress(Buffer.from(bytes, 'hex')), text);
    });
});
