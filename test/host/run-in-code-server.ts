// Runs the suite in the extension host of code-server, as VS Code runs its own in a browser.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, openPage } from '../e2e/workbench/browser.ts';
import { makeProfile } from '../e2e/workbench/profile.ts';
import { Server } from '../e2e/workbench/server.ts';
import { eventually } from '../support/eventually.ts';
import { TestHelper } from '../support/helper.ts';
import { inRepository } from '../support/repository.ts';

const asRoot = process.getuid?.() === 0;
const directory = mkdtempSync(join(tmpdir(), 'burrow-host-'));
const result = join(directory, 'result.txt');
const helper = asRoot ? new TestHelper() : undefined;
helper?.start();
const profile = makeProfile(directory, helper ? { 'burrow.helper.socket': helper.socket } : {});
const server = await Server.start(profile, {
  takesTests: true,
  environment: { BURROW_HOST_RESULT: result, XDG_RUNTIME_DIR: directory, TMPDIR: directory },
});
const browser = await launchBrowser(profile);
const consoleLines: string[] = [];
const page = await openPage(browser, line => consoleLines.push(line));

let code: number | undefined;
try {
  // The workbench calls it with 0 when the suite's run() resolves, and with 1 when it rejects or does not load.
  await page.exposeFunction('codeAutomationExit', (exitCode: number) => {
    code = exitCode;
  });
  await page.goto(
    server.workbenchAddress(inRepository('helper'), {
      extensionDevelopmentPath: server.remoteUri(inRepository()),
      extensionTestsPath: server.remoteUri(inRepository('out/host-suite/index.cjs')),
      skipWelcome: 'true',
    }),
  );
  await eventually('the end of the suite', () => code !== undefined, 180);
} finally {
  await browser.close();
  await server.stop();
  await helper?.remove();
}
const report = existsSync(result) ? readFileSync(result, 'utf8').trimEnd() : undefined;
console.log(report ?? ['The suite did not run.', ...consoleLines].join('\n'));
rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
process.exitCode = code === 0 && report !== undefined ? 0 : 1;
