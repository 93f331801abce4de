// Runs the suite in a desktop VS Code, which is downloaded once: this needs a network and a display.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { inRepository } from '../support/repository.ts';

const directory = mkdtempSync(join(tmpdir(), 'burrow-desktop-'));
const result = join(directory, 'result.txt');
try {
  process.exitCode = await runTests({
    extensionDevelopmentPath: inRepository(),
    extensionTestsPath: inRepository('out/host-suite/index.cjs'),
    extensionTestsEnv: { BURROW_HOST_RESULT: result },
    launchArgs: [inRepository('helper'), '--user-data-dir', join(directory, 'data'), '--disable-extensions', '--no-sandbox'],
  });
  console.log(readFileSync(result, 'utf8').trimEnd());
} catch (error) {
  console.error(`The suite did not run in a desktop VS Code: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
