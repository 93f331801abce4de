// What engines say is believed of their own containers only, and what they do not say costs only the name.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Container } from '../../helper/protocol/model.ts';
import { readStat } from '../../helper/sys/procfs.ts';
import { eventually } from '../support/eventually.ts';
import { Fixture, Missing, mustRun } from '../support/fixture.ts';
import { asOrdinary, ordinary } from './support/callers.ts';
import { Machine } from './support/machine.ts';

const FX_ROOT = `/tmp/burrow-kernel-hostile-engines-${process.pid}`;
const name = `kernel-hostile-engines-${process.pid}`;
/** Of a container of Docker's, by its cgroup. */
const id = process.pid.toString(16).padStart(64, '0');

/** An engine that a busy machine holds up is left alone for half a minute, and asked again a minute later. */
const ANSWER_SECONDS = 150;

/** A daemon that notes whether it was asked, and answers with this, or never. */
const daemon = `
const { appendFileSync } = require('node:fs');
const [socket, asked, answer] = process.argv.slice(1);
require('node:http').createServer((request, response) => {
  appendFileSync(asked, request.url + '\\n');
  if (answer !== '') response.end(answer);
}).listen(socket);`;

describe('engines that mean harm', () => {
  let machine: Machine;
  let missing: string | undefined;
  let init = 0;
  const container = new Fixture('runc', { FX_ROOT, FX_NAME: name, FX_STATE: join(FX_ROOT, 'states'), FX_CGROUP: `/docker/${id}` });
  const daemons: ChildProcess[] = [];
  const states: string[] = [];

  before(async () => {
    machine = await Machine.start();
    try {
      init = container.start();
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      missing = error.message;
    }
  });
  afterEach(async () => {
    for (const each of daemons.splice(0)) {
      each.kill('SIGKILL');
      await eventually(`the end of ${each.pid}`, () => each.signalCode !== null);
    }
    for (const each of states.splice(0)) rmSync(each, { recursive: true });
  });
  after(async () => {
    if (missing === undefined) container.stop();
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  /** A process that the kernel calls dockerd, with a socket in a folder of its own; gives the file in which it notes what it was asked. */
  async function startDaemon(answer: string, as: readonly string[] = []): Promise<string> {
    const folder = join(FX_ROOT, `daemon-${daemons.length}-${as.length}`);
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    symlinkSync(process.execPath, join(folder, 'dockerd'));
    const [command = '', ...rest] = [
      ...as,
      join(folder, 'dockerd'),
      '-e',
      daemon,
      join(folder, 'docker.sock'),
      join(folder, 'asked'),
      answer,
    ];
    const child = spawn(command, rest, { stdio: 'ignore' });
    daemons.push(child);
    await eventually('a dockerd', () => readFileSync(`/proc/${child.pid}/net/unix`, 'utf8').includes(folder));
    return join(folder, 'asked');
  }
  const inspection = (called: string, pid: number) =>
    JSON.stringify({ Id: id, Name: `/${called}`, State: { Pid: pid }, Config: { Labels: {} } });
  const seen = async (): Promise<Container | undefined> =>
    (await machine.call('namespaces/snapshot', {})).containers.find(each => each.pid === init);
  const once = (what: string, is: (container: Container) => boolean) =>
    eventually(
      what,
      async () => {
        const found = await seen();
        return found && is(found) ? found : undefined;
      },
      ANSWER_SECONDS,
    );
  /** A state of runc's in its usual place, as somebody forges it. */
  function forge(called: string, start: number, uid = 0): void {
    const folder = `/run/runc/${called}`;
    states.push(folder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'state.json'), JSON.stringify({ id: called, init_process_pid: init, init_process_start: start }));
    chownSync(join(folder, 'state.json'), uid, uid);
  }
  /** What was half written when it was looked at is among it for a moment. */
  const gapOf = (subject: RegExp) =>
    eventually(`the gap of ${subject}`, async () => {
      const { gaps } = await machine.call('namespaces/snapshot', {});
      return gaps.some(each => each.reason.startsWith('states of containers') && subject.test(each.subject));
    });
  const was = (asked: string): string => {
    try {
      return readFileSync(asked, 'utf8');
    } catch {
      return '';
    }
  };

  it('cost only the name when they never answer', async context => {
    if (missing !== undefined) return context.skip(missing);
    const asked = await startDaemon('');
    await once('the question', () => was(asked).includes(id));
    const found = await once('the container', () => true);
    assert.deepEqual([found.engine, found.id, found.name, found.source], ['docker', id, id.slice(0, 12), 'cgroup']);
    await eventually('the gap', async () => {
      const { gaps } = await machine.call('namespaces/snapshot', {});
      return gaps.some(gap => gap.reason.includes('does not answer'));
    });
  });

  it('name no container of another user’s, and nobody else’s by another pid', async context => {
    if (missing !== undefined) return context.skip(missing);
    const theirs = await startDaemon(inspection('evil', init), asOrdinary);
    const mistaken = await startDaemon(inspection('mistaken', init + 1));
    await once('a question', () => was(mistaken).includes(id));
    await startDaemon(inspection('honest', init));
    const found = await once('its name', each => each.source === 'docker API');
    assert.equal(found.name, 'honest');
    assert.equal(was(theirs), '');
  });

  it('name nothing by a state of another process, or of another user’s', async context => {
    if (missing !== undefined) return context.skip(missing);
    const { start } = readStat(init);
    forge(`${name}-older`, start - 1);
    forge(`${name}-evil`, start, ordinary.uid);
    forge(`${name}-honest`, start);
    const found = await once('its state', each => each.engine === 'runc');
    assert.equal(found.name, `${name}-honest`);
  });

  it('cost nothing when their state is a FIFO, a link or nonsense', async context => {
    if (missing !== undefined) return context.skip(missing);
    for (const [index, make] of [
      (path: string) => writeFileSync(path, '{"id":'),
      (path: string) => symlinkSync('/proc/kmsg', path),
      (path: string) => symlinkSync(path, path),
    ].entries()) {
      const folder = `/run/runc/${name}-${index}`;
      states.push(folder);
      mkdirSync(folder, { recursive: true });
      make(join(folder, 'state.json'));
    }
    await gapOf(new RegExp(`^/run/runc/${name}-\\d and 2 more$`));
    assert.ok(await seen());
  });

  it('are not those whose directory holds more than states', async context => {
    if (missing !== undefined) return context.skip(missing);
    // What crun 1.21 leaves in it, and one state that cannot be read.
    const broken = `/run/crun/${name}`;
    const own = ['/run/crun/.cache', '/run/crun/.empty-directory'].filter(each => !existsSync(each));
    states.push(broken, ...own);
    for (const each of [...own, broken]) mkdirSync(each, { recursive: true });
    await gapOf(new RegExp(`^${broken}$`));
  });
});
