import { after, afterEach, before } from 'node:test';
import { Machine } from './machine.ts';
import { Keepers } from './makers/keeper.ts';
import { Tracer } from './makers/tracer.ts';

export interface Traced {
  /** From `before` on. */
  readonly machine: Machine;
  readonly keepers: Keepers;
  readonly tracer: Tracer;
}

/** A helper whose calls and stages a tracer follows, for all tests of a suite, each of which leaves it clean. */
export function traced(): Traced {
  let machine: Machine | undefined;
  const keepers = new Keepers();
  const tracer = new Tracer();
  const scene: Traced = {
    get machine() {
      if (!machine) throw new Error('no test has begun');
      return machine;
    },
    keepers,
    tracer,
  };
  before(async () => {
    machine = await Machine.start();
    await tracer.attach(machine.pid);
  });
  afterEach(async () => {
    await tracer.forget();
    await tracer.release();
    await keepers.stop();
    await scene.machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine?.stop();
  });
  return scene;
}
