import { after, before, test } from 'node:test';
import { Missing, mustRun } from '../../support/fixture.ts';
import { TestHelper } from '../../support/helper.ts';
import type { Settings } from './profile.ts';
import { Workbench, type WorkbenchOptions } from './workbench.ts';

interface Scene {
  readonly workbench: Workbench;
  readonly helper: TestHelper;
}

/**
 * One workbench and one helper for all tests of a file, which run in the order in which they are
 * written, each from where the one before it ended. A failure leaves a picture and the logs in shots/.
 */
export function scene(
  name: string,
  options: WorkbenchOptions | (() => WorkbenchOptions),
  prepare: (helper: TestHelper) => void | Promise<void> = helper => helper.start(),
): (title: string, body: (scene: Scene) => Promise<void>) => void {
  const helper = new TestHelper();
  let current: Scene | undefined;
  let missing: Missing | undefined;
  let steps = 0;

  before(async () => {
    try {
      await prepare(helper);
      const { settings, ...rest } = typeof options === 'function' ? options() : options;
      const own: Settings = { 'burrow.helper.socket': helper.socket, ...settings };
      current = { helper, workbench: await Workbench.open({ ...rest, settings: own }) };
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      missing = error;
    }
  });
  after(async () => {
    await current?.workbench.close();
    await helper.remove();
  });

  return (title, body) => {
    test(title, async context => {
      if (missing) return context.skip(missing.message);
      if (!current) throw new Error('the workbench did not open');
      const file = `${name}-${++steps}`;
      try {
        await body(current);
        await current.workbench.shot(file);
      } catch (error) {
        await current.workbench.keepEvidence(file);
        throw error;
      }
    });
  };
}
