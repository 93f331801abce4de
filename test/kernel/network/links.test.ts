// What is asked of rtnetlink, in a network namespace that only this process has.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { parseIpv4 } from '../../../helper/network/address.ts';
import { removeLink } from '../../../helper/network/remove-link.ts';
import {
  getAddresses,
  getLinks,
  LOOPBACK,
  linkDeletion,
  networkAround,
  newAddress,
  newVeth,
  up,
} from '../../../helper/network/rtnetlink.ts';
import { cloneFlag } from '../../../helper/sys/flags.ts';
import { sys } from '../../../helper/sys/libc.ts';
import { RequestFailed, RouteSocket } from '../../../helper/sys/netlink.ts';

/** linux/socket.h */
const AF_NETLINK = 16;
const SOCK_RAW = 3;

const names = (): string[] => {
  using socket = new RouteSocket();
  return getLinks(socket).map(each => each.name);
};

const makePair = (name: string, other: string): { host: number; inside: number } => {
  using socket = new RouteSocket();
  const here = openSync('/proc/thread-self/ns/net', 'r');
  try {
    return newVeth(socket, name, other, here);
  } finally {
    closeSync(here);
  }
};

describe('links', () => {
  before(() => {
    sys('unshare', 'net', cloneFlag.net);
  });

  it('tells the index of each end of a pair', async () => {
    const { host, inside } = makePair('one', 'other');
    using socket = new RouteSocket();
    const found = new Map(getLinks(socket).map(({ index, name }) => [name, index]));
    assert.deepEqual([host, inside], [found.get('one'), found.get('other')]);
    await removeLink('one');
  });

  it('hears the kernel alone: whoever else sends to the socket is refused', () => {
    const ports = (): string[] =>
      readFileSync('/proc/thread-self/net/netlink', 'utf8')
        .split('\n')
        .slice(1)
        .map(line => line.split(/\s+/)[2] ?? '');
    const others = ports();
    using socket = new RouteSocket();
    const port = Number(ports().find(each => !others.includes(each)));
    assert.ok(port > 0);
    const stranger = sys('socket', 'a stranger', AF_NETLINK, SOCK_RAW, 0);
    try {
      const address = Buffer.alloc(12); // struct sockaddr_nl
      address.writeUInt16LE(AF_NETLINK, 0);
      address.writeUInt32LE(port, 4);
      sys('connect', 'a stranger', stranger, address, address.length);
      const message = linkDeletion('lo').payload;
      assert.throws(() => sys('send', 'a stranger', stranger, message, message.length, 0), { syscall: 'send', errno: 'ECONNREFUSED' });
      assert.ok(getLinks(socket).some(({ name }) => name === 'lo'));
    } finally {
      closeSync(stranger);
    }
  });

  it('does several things by one message', async () => {
    const { host } = makePair('one', 'other');
    using socket = new RouteSocket();
    socket.together([newAddress(host, parseIpv4('10.9.0.1/30'), '10.9.0.1/30 on one'), up(host, 'one'), up(LOOPBACK, 'lo')]);
    assert.ok(getAddresses(socket).some(each => each.index === host && each.address === '10.9.0.1/30'));
    const links = getLinks(socket);
    assert.ok(['one', 'lo'].every(name => links.find(each => each.name === name)?.up));
    await removeLink('one');
  });

  it('names the first of several that failed', async () => {
    using socket = new RouteSocket();
    const address = newAddress(4000, parseIpv4('10.9.0.1/30'), '10.9.0.1/30 on nothing');
    assert.throws(
      () => socket.together([up(LOOPBACK, 'lo'), address, up(4000, 'nothing')]),
      (error: unknown) =>
        error instanceof RequestFailed &&
        error.index === 1 &&
        error.syscall === 'RTM_NEWADDR' &&
        error.errno === 'ENODEV' &&
        error.subject === 'address 10.9.0.1/30 on nothing',
    );
    assert.ok(getLinks(socket).length > 0, 'the socket is usable afterwards');
  });

  it('refuses a name that is taken', async () => {
    makePair('one', 'other');
    assert.throws(
      () => makePair('one', 'third'),
      (error: unknown) =>
        error instanceof RequestFailed && error.index === 0 && error.syscall === 'RTM_NEWLINK' && error.errno === 'EEXIST',
    );
    await removeLink('one');
  });

  it('removes both ends, of many pairs at once, and what is gone already', async () => {
    const pairs = Array.from({ length: 12 }, (_, index) => `pair${index}`);
    for (const each of pairs) makePair(each, `${each}x`);
    await Promise.all(pairs.map(removeLink));
    assert.deepEqual(
      names().filter(name => name.startsWith('pair')),
      [],
    );
    await removeLink('pair0');
  });

  it('finds the network around an address', async () => {
    const { host } = makePair('one', 'other');
    using socket = new RouteSocket();
    const around = (address: string): unknown => networkAround(socket, parseIpv4(address).address);
    assert.equal(around('10.9.0.2'), undefined);
    socket.together([newAddress(host, parseIpv4('10.9.0.1/29'), '10.9.0.1/29 on one'), up(host, 'one')]);
    assert.deepEqual(around('10.9.0.1'), parseIpv4('10.9.0.1/32'));
    assert.deepEqual(around('10.9.0.2'), parseIpv4('10.9.0.0/29'));
    assert.equal(around('10.9.0.8'), undefined);
    execFileSync('ip', ['route', 'add', 'blackhole', '10.10.0.0/16']);
    assert.notEqual(around('10.10.0.1'), undefined);
    await removeLink('one');
  });

  it('says why a link cannot be removed', async () => {
    await assert.rejects(
      removeLink('lo'),
      (error: unknown) => error instanceof RequestFailed && error.syscall === 'RTM_DELLINK' && error.errno === 'EOPNOTSUPP',
    );
  });
});
