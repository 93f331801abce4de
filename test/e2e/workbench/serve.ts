// The workbench of `npm start`: Burrow from this working tree in code-server, until Ctrl-C. Run by Node 24, as it is.
import { execFile, spawn } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { methods } from '../../../helper/protocol/methods.ts';
import { inRepository } from '../../support/repository.ts';
import { makeProfile } from './profile.ts';
import { isFree, Server } from './server.ts';

const preferredPort = 8123;
const socket = '/run/burrow/helper.sock';
const burrow = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [inRepository('dist/burrow.cjs'), ...words, '--socket', socket]);

/** True when this call started it: one that runs already is not ours to end. Who isn't root is asked by the extension. */
async function startHelper(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const answers = await burrow('call', 'helper/hello', '{"protocol":1}').then(
    () => true,
    () => false,
  );
  if (!answers) await burrow('serve', '--detach');
  return !answers;
}

function openBrowser(address: string): void {
  const hasScreen = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  if (!hasScreen || !existsSync('/usr/bin/xdg-open')) return;
  spawn('xdg-open', [address], { stdio: 'ignore', detached: true }).unref();
}

const untilAsked = new Promise<void>(resolve => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
});

const isOurs = await startHelper();
const profile = makeProfile(inRepository('out/workbench'), { 'security.workspace.trust.enabled': false });
// Linked and not installed: reloading the window is enough to see what was built again.
const installed = join(profile.extensions, 'burrow.burrow-0.1.0');
rmSync(installed, { recursive: true, force: true });
symlinkSync(inRepository(), installed);
const server = await Server.start(profile, (await isFree(preferredPort)) ? { port: preferredPort } : {});
const address = server.workbenchAddress(inRepository());
console.log(`\nOpen ${address}\nand click the Burrow icon in the activity bar${isOurs ? '' : ', then Start Helper'}. Ctrl-C ends it.\n`);
openBrowser(address);
await untilAsked;
await server.stop();
const { stdout } = await burrow('call', 'sandbox/list').catch(() => ({ stdout: '{"sandboxes":[]}' })); // it was never started, or has died
const names = methods['sandbox/list'].result.parse(JSON.parse(stdout)).sandboxes.map(({ name }) => name);
if (isOurs) await burrow('call', 'helper/stop');
if (names.length > 0)
  console.log(
    `\n${names.join(', ')} ${names.length > 1 ? 'live' : 'lives'} on; the next helper finds ${names.length > 1 ? 'them' : 'it'} again.`,
  );
