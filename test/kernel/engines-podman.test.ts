// Podman, whose API is rarely there: what it wrote down is enough, and nothing is started to learn more.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Container } from '../../helper/protocol/model.ts';
import { readStat } from '../../helper/sys/procfs.ts';
import { eventually } from '../support/eventually.ts';
import { Fixture, Missing, mustRun } from '../support/fixture.ts';
import { isAlive } from '../support/processes.ts';
import { Machine } from './support/machine.ts';

const FX_ROOT = `/tmp/burrow-kernel-podman-${process.pid}`;
const IMAGE = 'localhost/fx:latest';
const name = `kernel-podman-${process.pid}`;
/** Where Podman's API is on most machines. */
const USUAL = '/run/podman';

/** An engine that a busy machine holds up is left alone for half a minute, and asked again a minute later. */
const ANSWER_SECONDS = 150;

describe('Podman', () => {
  let machine: Machine;
  let missing: string | undefined;
  let init = 0;
  const fixture = new Fixture('podman', { FX_ROOT, FX_NAME: name });
  const hadUsual = existsSync(USUAL);

  before(() => {
    if (!hadUsual) mkdirSync(USUAL);
  });
  beforeEach(async () => {
    try {
      init = fixture.start();
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      missing = error.message;
    }
    machine = await Machine.start();
  });
  afterEach(async () => {
    await machine.stop();
    if (missing === undefined) fixture.stop();
  });
  after(() => {
    if (!hadUsual) rmdirSync(USUAL);
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  const once = (what: string, is: (container: Container) => boolean) =>
    eventually(
      what,
      async () => {
        const { containers } = await machine.call('namespaces/snapshot', {});
        const found = containers.find(each => each.pid === init);
        return found && is(found) ? found : undefined;
      },
      ANSWER_SECONDS,
    );
  const is = ({ name, image, labels }: Container) => [name, image, labels['fx.name']];

  it('gives labels once its API is there', async context => {
    if (missing !== undefined) return context.skip(missing);
    assert.deepEqual(is(await once('the container', () => true)), [name, IMAGE, undefined]);
    fixture.also('serve');
    assert.deepEqual(is(await once('its labels', ({ source }) => source === 'podman API')), [name, IMAGE, name]);
  });

  /** The pid of what waits for a connection to a socket and then becomes Podman's API; undefined where it is not installed. */
  function activate(): number | undefined {
    try {
      return Number(fixture.also('activate'));
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      missing = error.message;
      return undefined;
    }
  }
  const activated = join(FX_ROOT, 'podman/activated');

  it('is not started to be asked', async context => {
    const activator = missing === undefined ? activate() : undefined;
    if (activator === undefined) return context.skip(missing);
    machine.run('mount', '--bind', activated, USUAL);
    // Once another one has answered, all that may be asked has been.
    fixture.also('serve');
    await once('its labels', ({ source }) => source === 'podman API');
    assert.equal(readStat(activator).name, 'systemd-socket-');
  });

  it('is asked when somebody has started it, on the socket that was opened for it', async context => {
    const activator = missing === undefined ? activate() : undefined;
    if (activator === undefined) return context.skip(missing);
    assert.deepEqual(is(await once('the container', () => true)), [name, IMAGE, undefined]);
    const somebody = connect(join(activated, 'podman.sock'));
    await eventually('a Podman behind the socket', () => readStat(activator).name === 'podman');
    somebody.destroy();
    assert.deepEqual(is(await once('its labels', ({ source }) => source === 'podman API')), [name, IMAGE, name]);
  });

  async function endConmon(): Promise<void> {
    const conmon = readStat(init).parent;
    assert.equal(readStat(conmon).name, 'conmon');
    process.kill(conmon, 'SIGKILL');
    await eventually('the end of conmon', () => !isAlive(conmon));
  }

  it('has a name and an image also when its conmon has ended', async context => {
    if (missing !== undefined) return context.skip(missing);
    await once('the container', ({ source }) => source === 'conmon');
    await endConmon();
    const found = await once('its state', ({ source }) => /^\/run\/runc\/.+\/state\.json$/.test(source));
    assert.deepEqual([found.engine, found.name, found.image], ['podman', name, IMAGE]);
  });

  it('goes by the name that it was given last, whatever the API said before', async context => {
    if (missing !== undefined) return context.skip(missing);
    fixture.also('serve');
    await once('its labels', ({ source }) => source === 'podman API');
    fixture.also('rename');
    // Whoever adopts it, it is looked at again.
    await endConmon();
    await once('its new name', container => container.name === `${name}-renamed`);
  });
});
