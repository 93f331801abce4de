import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

/** Loaded by the extension host as the suite to run. What happened goes to the file that BURROW_HOST_RESULT names. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', timeout: 20_000, color: false, reporter: 'dot' });
  for (const file of readdirSync(import.meta.dirname).filter(name => name.endsWith('.test.cjs')))
    mocha.addFile(join(import.meta.dirname, file));
  const lines: string[] = [];
  const failures = await new Promise<number>(resolve => {
    const runner = mocha.run(resolve);
    runner.on('pass', test => lines.push(`  passed  ${test.fullTitle()}`));
    runner.on('pending', test => lines.push(`  skipped ${test.fullTitle()}`));
    runner.on('fail', (test, error: Error) => lines.push(`  FAILED  ${test.fullTitle()}\n${error.stack ?? error.message}`));
  });
  const skipped = lines.filter(line => line.startsWith('  skipped')).length;
  lines.push(`${lines.length - failures - skipped} passed, ${failures} failed, ${skipped} skipped`);
  const result = process.env['BURROW_HOST_RESULT'];
  if (result) writeFileSync(result, `${lines.join('\n')}\n`);
  const mustRun = process.env['BURROW_TESTS_MUST_RUN'] === '1';
  if (failures > 0 || (mustRun && skipped > 0)) throw new Error(`${failures} tests failed, ${skipped} were skipped`);
}
