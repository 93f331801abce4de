import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { hostHierarchies } from '../../helper/cgroup/hierarchies.ts';
import { layOut } from '../../helper/cgroup/layout.ts';
import { eventually } from '../support/eventually.ts';
import { isAlive, parentOfOrphans, processes } from '../support/processes.ts';
import { Machine } from './support/machine.ts';
import { intoGroups, make } from './support/make-groups.ts';
import { inside } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';

describe('after a crash of the helper', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(() => machine.stop());

  it('a sandbox lives on, and the next helper lists, enters and removes it', async () => {
    const made = await machine.create({ name: 'web' });
    inside(made.pid, 'sh', '-c', 'echo kept > /tmp/kept');
    await machine.kill();
    assert.ok(isAlive(made.pid));
    await machine.startHelper();
    assert.deepEqual(await machine.call('sandbox/list', {}), { sandboxes: [made] });
    const { stdout } = await machine.call('process/run', { target: { sandbox: 'web' }, command: ['cat', '/tmp/kept'] });
    assert.equal(stdout, 'kept\n');
    assert.match(machine.run('ping', '-c', '1', '-W', '5', made.networks[0]?.address.split('/')[0] ?? ''), / 0% packet loss/);
    await machine.call('sandbox/remove', { sandbox: made.id });
    assert.ok(!isAlive(made.pid));
    await machine.requireClean();
  });

  it('the next helper hears of the end of a sandbox that is not its child', async () => {
    const { pid } = await machine.create({ name: 'web' });
    await machine.kill();
    await machine.startHelper();
    process.kill(pid, 'SIGKILL');
    await eventually('an empty list', async () => (await machine.call('sandbox/list', {})).sandboxes.length === 0);
  });

  it('what was half made is taken away', async () => {
    await machine.kill();
    machine.run('ip', 'link', 'add', 'bw-0a1b2c3d', 'type', 'veth', 'peer', 'name', 'eth0');
    const network = { hostLink: 'bw-0a1b2c3d', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' };
    const traces = { id: '0a1b2c3d', name: 'web', network, disks: [] };
    // A process that was on its way into the sandbox, and is nobody's child any more.
    const groups = layOut(traces.id, hostHierarchies(), { limits: {}, guarded: false, killable: true, counted: false, lasting: true });
    make(groups);
    const lost = await sleepers.start('sh', '-c', `${intoGroups(groups.places.map(place => place.inside))}; exec sleep infinity`);
    writeFileSync(`${machine.folder}/sandboxes/0a1b2c3d.json`, JSON.stringify({ phase: 'making', traces }));
    writeFileSync(`${machine.folder}/sandboxes/0a1b2c3d.json.new`, '{"phase"');
    await machine.startHelper();
    assert.deepEqual(await machine.call('sandbox/list', {}), { sandboxes: [] });
    await eventually('the end of the link', () => !machine.run('ip', '-br', 'link').includes('bw-0a1b2c3d'));
    await eventually('the end of the process', () => !isAlive(lost));
    await machine.requireClean();
  });

  it('a sandbox whose init has ended meanwhile is taken away', async () => {
    const { pid } = await machine.create({ name: 'web' });
    await machine.kill();
    process.kill(pid, 'SIGKILL');
    await eventually('the end of the sandbox', () => !isAlive(pid));
    await machine.startHelper();
    assert.deepEqual(await machine.call('sandbox/list', {}), { sandboxes: [] });
  });

  it('nothing outlives a helper that dies while it makes a sandbox', async () => {
    const before = orphans();
    const asked = machine.call('sandbox/create', { definition: { name: 'web' } }).catch((error: unknown) => error);
    await machine.kill();
    await asked;
    await machine.startHelper();
    const { sandboxes } = await machine.call('sandbox/list', {});
    const kept = sandboxes.map(({ pid }) => pid);
    await eventually('no stage and no init without a record', () => orphans().every(pid => before.includes(pid) || kept.includes(pid)));
  });
});

const heir = parentOfOrphans();

/** Stages and inits whose helper is gone. */
const orphans = (): number[] =>
  processes().flatMap(({ pid, parent, command }) => (parent === heir && command === 'burrow-stage' ? [pid] : []));
