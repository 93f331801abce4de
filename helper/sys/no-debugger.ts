// SIGUSR1 has Node open its debugger on 127.0.0.1, to which every local user may connect and have code run in this
// process. Whoever may send root a signal is not root. Imported first, so that it is shut before anything else begins.
import inspector from 'node:inspector';
import { execArgv } from 'node:process';
import { Refusal } from './errors.ts';

// A listener takes the place of Node's own handler, signal(7): nothing is opened then.
process.on('SIGUSR1', () => undefined);

/** Newer versions of Node take the signal from the first moment on, where this word is among theirs. */
export const debuggerOptions = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : [];

/**
 * Somebody may have sent the signal while Node was starting, and have connected by now.
 * @throws Refusal `denied` when there is a debugger that nobody asked for by an option of Node
 */
export function requireNoDebugger(): void {
  if (inspector.url() === undefined || execArgv.some(option => option.startsWith('--inspect'))) return;
  inspector.close();
  throw new Refusal('denied', 'A signal opened a debugger in the helper before it began, which ends for that.', {
    hint: 'Start it again.',
  });
}
