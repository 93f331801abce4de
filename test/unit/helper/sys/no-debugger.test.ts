import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inRepository } from '../../../support/repository.ts';

const module = pathToFileURL(inRepository('out/helper/sys/no-debugger.js')).href;

/** @returns what a program of this Node writes that has sent itself SIGUSR1, before or after it shut the debugger */
function run(program: string): { stdout: string; stderr: string } {
  const given = `const { setTimeout: delay } = await import('node:timers/promises');
    const { url } = (await import('node:inspector')).default;
    const shut = () => import('${module}');
    const signal = async () => { process.kill(process.pid, 'SIGUSR1'); await delay(300); };
    ${program}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', given], { encoding: 'utf8' });
}

describe('SIGUSR1', () => {
  it('opens a debugger in a program that does not shut it', () => {
    const { stdout, stderr } = run('await signal(); console.log(url()); process.exit();');
    assert.match(stdout, /^ws:/, stderr);
  });

  it('opens none in one that does', () => {
    assert.equal(run('await shut(); await signal(); console.log(url());').stdout, 'undefined\n');
  });

  it('that came before is noticed: the debugger is closed, and the helper does not begin', () => {
    const { stdout } = run(
      'await signal(); const { requireNoDebugger } = await shut(); try { requireNoDebugger(); } catch (error) { console.log(error.name, url()); }',
    );
    assert.equal(stdout, 'Refusal undefined\n');
  });
});
