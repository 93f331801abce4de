import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inRepository } from '../../../support/repository.ts';

const module = pathToFileURL(inRepository('out/helper/sys/background.js')).href;

/** Runs a program to its end. @returns its exit code and the events that it has written down */
function run(program: string): { code: number | null; events: Record<string, unknown>[] } {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `import * as it from '${module}'; ${program}`], {
    encoding: 'utf8',
  });
  return {
    code: status,
    events: stderr
      .trim()
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>),
  };
}

/** Each ends a process of Node's that does not hear of it. */
const failures: Readonly<Record<string, string>> = {
  'work that throws': `it.background('a test', () => { throw new Error('so it failed'); });`,
  'work that rejects': `it.background('a test', async () => { throw new Error('so it failed'); });`,
  'a timer': `it.later('a test', 1, () => { throw new Error('so it failed'); });`,
  'a timer that comes again': `const timer = it.every('a test', 1, () => { clearInterval(timer); throw new Error('so it failed'); });`,
  'a turn of the loop': `it.soon('a test', () => { throw new Error('so it failed'); });`,
  'a listener': `process.on('SIGWINCH', it.heard('a test', () => { throw new Error('so it failed'); })); process.kill(process.pid, 'SIGWINCH'); setTimeout(() => {}, 100);`,
};

describe('what goes on in the background', () => {
  for (const [what, program] of Object.entries(failures))
    it(`is written down when it fails, and ends nothing: ${what}`, () => {
      const { code, events } = run(program);
      assert.equal(code, 0);
      assert.deepEqual(
        events.map(({ event, what: of, error }) => [event, of, String(error).split('\n')[0]]),
        [['failed in the background', 'a test', 'Error: so it failed']],
      );
    });

  for (const [origin, program] of Object.entries({
    uncaughtException: `setTimeout(() => { throw new Error('nobody hears'); }, 1);`,
    unhandledRejection: `Promise.reject(new Error('nobody hears'));`,
  }))
    it(`has a last resort: ${origin}`, () => {
      const { code, events } = run(`it.surviveErrors(); ${program} setTimeout(() => process.exit(7), 100);`);
      assert.equal(code, 7);
      assert.deepEqual(
        events.map(({ what, error }) => [what, String(error).split('\n')[0]]),
        [[origin, 'Error: nobody hears']],
      );
    });

  it('cannot fill the log: of one kind of event a minute has twenty lines', () => {
    const { events } = run(`for (let i = 0; i < 1000; i++) it.background('a test', () => { throw new Error('again'); });`);
    assert.equal(events.length, 20);
  });
});
