import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Inspection, Particulars } from '../../helper/protocol/inspection.ts';
import type { NamespaceType } from '../../helper/protocol/model.ts';
import { type Living, Machine } from './support/machine.ts';
import { inodeOf, inside } from './support/namespaces.ts';

describe('namespaces/inspect', () => {
  let machine: Machine;
  let sandbox: Living;
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(() => machine.requireClean());
  after(() => machine.stop());

  const make = async (): Promise<void> => {
    sandbox = await machine.create({ name: 'web', hostname: 'db.test', time: { monotonicSeconds: 60, boottimeSeconds: 3600 } });
  };
  const inspect = (type: NamespaceType, pid = sandbox.pid): Promise<Inspection> =>
    machine.call('namespaces/inspect', { type, inode: inodeOf(pid, type) });

  async function particulars<T extends NamespaceType>(type: T): Promise<Extract<Particulars, { type: T }>> {
    const { particulars: found, gaps } = await inspect(type);
    assert.deepEqual(gaps, []);
    assert.equal(found?.type, type);
    return found as Extract<Particulars, { type: T }>;
  }

  it('lists the processes with their numbers outside and inside', async () => {
    await make();
    const { processes, namespace } = await inspect('pid');
    assert.deepEqual(processes, [{ pid: sandbox.pid, inside: 1, name: 'burrow-init', uid: 0 }]);
    assert.equal(namespace.parent, inodeOf('self', 'pid'));
    assert.equal((await particulars('pid')).init, sandbox.pid);
  });

  it('user: shows the maps as /proc has them, and what it owns', async () => {
    await make();
    const { uidMap, gidMap, setgroups } = await particulars('user');
    assert.deepEqual([uidMap, gidMap, setgroups], [[{ inside: 0, outside: 0, count: 1 }], [{ inside: 0, outside: 0, count: 1 }], 'deny']);
    const { children } = await inspect('user');
    assert.ok(children.some(each => each.type === 'net' && each.inode === inodeOf(sandbox.pid, 'net')));
  });

  it('net: shows links, addresses and routes as ip does', async () => {
    await make();
    const { interfaces, routes } = await particulars('net');
    const links: { ifindex: number; ifname: string; address: string; mtu: number; flags: string[]; link_index?: number }[] = JSON.parse(
      inside(sandbox.pid, 'ip', '-j', 'link'),
    );
    assert.deepEqual(
      interfaces.map(each => [each.index, each.name, each.mtuBytes, each.up, each.peer?.index]),
      links.map(each => [each.ifindex, each.ifname, each.mtu, each.flags.includes('UP'), each.link_index]),
    );
    const eth0 = interfaces.find(each => each.name === 'eth0');
    assert.equal(eth0?.kind, 'veth');
    assert.equal(eth0?.hardwareAddress, links.find(each => each.ifname === 'eth0')?.address);
    assert.equal(eth0?.addresses.find(each => !each.address.includes(':'))?.address, sandbox.networks[0]?.address);
    const listed: { dst: string; dev: string }[] = JSON.parse(inside(sandbox.pid, 'ip', '-j', '-4', 'route'));
    const ours = routes.filter(each => !each.destination.includes(':')).map(each => [each.destination, each.device]);
    assert.deepEqual(
      ours,
      listed.map(each => [each.dst, each.dev]),
    );
  });

  it('net: names the other end of a veth pair, from both sides', async () => {
    await make();
    const there = (await particulars('net')).interfaces.find(each => each.name === 'eth0');
    const hostLink = sandbox.networks[0]?.hostLink ?? '';
    assert.deepEqual([there?.peer?.name, there?.peer?.inode], [hostLink, inodeOf(machine.pid, 'net')]);
    const { particulars: found } = await inspect('net', machine.pid);
    const here = found?.type === 'net' ? found.interfaces.find(each => each.name === hostLink) : undefined;
    assert.deepEqual([here?.peer?.name, here?.peer?.inode], ['eth0', inodeOf(sandbox.pid, 'net')]);
  });

  it('mnt: shows the mounts of mountinfo', async () => {
    await make();
    const { mounts } = await particulars('mnt');
    const lines = readFileSync(`/proc/${sandbox.pid}/mountinfo`, 'utf8').trimEnd().split('\n');
    assert.deepEqual(
      mounts.map(each => [each.path, each.fileSystem]),
      lines.map(line => [line.split(' ')[4], line.split(' - ')[1]?.split(' ')[0]]),
    );
  });

  it('uts: shows the host name', async () => {
    await make();
    const { hostname, domainname } = await particulars('uts');
    assert.equal(`${hostname}\n`, inside(sandbox.pid, 'hostname'));
    assert.equal(domainname, inside(sandbox.pid, 'cat', '/proc/sys/kernel/domainname').trim());
  });

  it('ipc: shows System V objects as ipcs does, and POSIX message queues', async () => {
    await make();
    const made = [
      inside(sandbox.pid, 'ipcmk', '--shmem', '4096'),
      inside(sandbox.pid, 'ipcmk', '--semaphore', '3'),
      inside(sandbox.pid, 'ipcmk', '--queue'),
    ].map(text => Number(/\d+/.exec(text)?.[0]));
    inside(sandbox.pid, 'touch', '/dev/mqueue/jobs');
    const { objects, messageQueues } = await particulars('ipc');
    assert.deepEqual(
      objects.map(({ kind, id, ownerUid, size }) => [kind, id, ownerUid, size]),
      [
        ['message queue', made[2], 0, '0 bytes'],
        ['semaphores', made[1], 0, '3 semaphores'],
        ['shared memory', made[0], 0, '4096 bytes'],
      ],
    );
    assert.match(inside(sandbox.pid, 'ipcs', '--semaphores'), new RegExp(` ${made[1]} `));
    assert.deepEqual(messageQueues, ['/jobs']);
  });

  it('time: shows the offsets', async () => {
    await make();
    const { monotonicSeconds, boottimeSeconds } = await particulars('time');
    assert.deepEqual([monotonicSeconds, boottimeSeconds], [60, 3600]);
  });

  it('cgroup: shows the root of every hierarchy', async () => {
    await make();
    const { root } = await particulars('cgroup');
    const lines = readFileSync(`/proc/${sandbox.pid}/cgroup`, 'utf8').trimEnd().split('\n');
    // The process that made the namespace was in its own cgroup, which is the root of what it sees.
    assert.deepEqual(
      root,
      lines.map(line => ({ hierarchy: line.split(':')[1] || 'cgroup2', path: line.split(':').slice(2).join(':') })),
    );
  });

  it('refuses one that is not there', async () => {
    assert.deepEqual(await machine.failure('namespaces/inspect', { type: 'net', inode: 1 }), {
      kind: 'gone',
      message: 'net:[1] is gone: nothing keeps it alive any more.',
      subject: 'net:[1]',
    });
  });
});
