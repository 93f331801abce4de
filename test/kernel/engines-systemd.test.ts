// What systemd runs: services with namespaces of their own, by their cgroup, and machines that machined knows.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { parseMountInfo } from '../../helper/sys/procfs.ts';
import { eventually } from '../support/eventually.ts';
import { Fixture, Missing, mustRun } from '../support/fixture.ts';
import { startOf } from './entry/support/facts.ts';
import { Machine } from './support/machine.ts';
import { Sleepers } from './support/sleepers.ts';

const FX_ROOT = `/tmp/burrow-kernel-systemd-${process.pid}`;
const name = `kernel-systemd-${process.pid}`;
const unit = `${name}.service`;
const machines = '/run/systemd/machines';

/** The hierarchy in which systemd keeps its units. */
function hierarchy(): string {
  const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'));
  const named = mounts.find(each => each.fileSystem === 'cgroup' && each.options.split(',').includes('name=systemd'));
  const found = named ?? mounts.find(each => each.fileSystem === 'cgroup2');
  if (!found) throw new Error('no cgroups are mounted here');
  return found.path;
}

/** A group can be removed when the last of its processes is reaped. */
function isRemoved(group: string): boolean {
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false;
    throw error;
  }
}

describe('systemd', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  const cgroup = join(hierarchy(), unit);
  before(async () => {
    machine = await Machine.start();
    mkdirSync(FX_ROOT);
    mkdirSync(cgroup);
    // The kernel calls a process like the file that it executes.
    symlinkSync('/bin/sh', join(FX_ROOT, 'systemd'));
  });
  afterEach(() => sleepers.stop());
  after(async () => {
    await eventually('the end of the unit', () => readFileSync(join(cgroup, 'cgroup.procs'), 'utf8') === '');
    rmdirSync(cgroup);
    rmSync(FX_ROOT, { recursive: true, force: true });
    await machine.stop();
  });

  const containers = async () => (await machine.call('namespaces/snapshot', {})).containers;
  const inUnit = `echo 0 >${cgroup}/cgroup.procs`;

  it('names a service by its unit, and only its oldest process', async () => {
    const script = `(${inUnit}; exec unshare --mount sleep infinity) & wait`;
    const main = await sleepers.start(join(FX_ROOT, 'systemd'), '-c', script);
    const second = await sleepers.start(join(FX_ROOT, 'systemd'), '-c', script);
    const found = await eventually('the service', async () => (await containers()).find(each => each.pid === main));
    assert.deepEqual(found, { engine: 'systemd', id: unit, name: unit, pid: main, start: startOf(main), labels: {}, source: 'cgroup' });
    assert.equal(
      (await containers()).find(each => each.pid === second),
      undefined,
    );
  });

  it('names a service that keeps its processes in groups below its own, and only by its oldest', async () => {
    const groups = ['main', 'workers'].map(each => join(cgroup, each));
    for (const each of groups) mkdirSync(each);
    try {
      const start = (group = '') =>
        sleepers.start(join(FX_ROOT, 'systemd'), '-c', `(echo 0 >${group}/cgroup.procs; exec unshare --mount sleep infinity) & wait`);
      const main = await start(groups[0]);
      const worker = await start(groups[1]);
      const found = await eventually('the service', async () => (await containers()).find(each => each.pid === main));
      assert.deepEqual([found.engine, found.name], ['systemd', unit]);
      assert.equal(
        (await containers()).find(each => each.pid === worker),
        undefined,
      );
    } finally {
      await sleepers.stop();
      for (const each of groups) await eventually(`the end of ${each}`, () => isRemoved(each));
    }
  });

  for (const [what, option] of Object.entries({ host: '--uts', IPC: '--ipc', user: '--user' }))
    it(`names a service that has only its own ${what} namespace`, async () => {
      const main = await sleepers.start(join(FX_ROOT, 'systemd'), '-c', `(${inUnit}; exec unshare ${option} sleep infinity) & wait`);
      const found = await eventually('the service', async () => (await containers()).find(each => each.pid === main));
      assert.deepEqual([found.engine, found.name], ['systemd', unit]);
    });

  it('names no service for what only runs in its cgroup', async () => {
    const pid = await sleepers.start('sh', '-c', `(${inUnit}; exec unshare --mount sleep infinity) & wait`);
    const service = await sleepers.start(join(FX_ROOT, 'systemd'), '-c', `(exec unshare --mount sleep infinity) & wait`);
    const listed = await containers();
    for (const each of [pid, service])
      assert.equal(
        listed.find(container => container.pid === each),
        undefined,
      );
  });

  it('knows a machine by machined’s state of this very process', async context => {
    const fixture = new Fixture('nspawn', { FX_ROOT, FX_NAME: name });
    const file = join(machines, name);
    try {
      const pid = fixture.start();
      mkdirSync(machines, { recursive: true });
      writeFileSync(file, `# This is private data. Do not parse.\nNAME=${name}\nSERVICE=nspawn\nROOT=/x\nLEADER=${pid}\nCLASS=container\n`);
      // machined's word comes after the process, so that it is asked for again.
      const found = await eventually('the machine', async () =>
        (await containers()).find(each => each.pid === pid && each.source === file),
      );
      assert.deepEqual([found.engine, found.name], ['nspawn', name]);
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      context.skip(error.message);
    } finally {
      rmSync(file, { force: true });
      fixture.stop();
    }
  });
});
