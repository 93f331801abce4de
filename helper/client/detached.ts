// `burrow serve --detach`: the helper in a session and a place of its own, which outlive the terminal and the login.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { hostHierarchies } from '../cgroup/hierarchies.ts';
import { leaveSession } from '../cgroup/leave-session.ts';
import { makeStateDirectory } from '../server/state-directory.ts';
import { Refusal } from '../sys/errors.ts';
import { print } from './print.ts';
import { inScope, isSystemdRunning } from './unit.ts';

/**
 * Resolves when the helper serves.
 * @param helper the words that execute it in the foreground
 * @throws Refusal with what the helper said before it ended
 */
export async function startDetached(helper: readonly string[], socket: string): Promise<void> {
  const log = join(makeStateDirectory(socket), 'helper.log');
  const scope = inScope(randomBytes(4).toString('hex'), getuid?.() ?? 0, socket);
  const inUnit = isSystemdRunning() ? await start([...scope, ...helper], log) : SILENT;
  const outcome = isSilent(inUnit) ? await startAtTop(helper, log) : inUnit;
  if (!outcome.serves) throw new Refusal('system', outcome.message ?? 'The helper ended at once.');
  print(`burrow: serving on ${socket}`);
}

type Outcome = { readonly serves: true } | { readonly serves: false; readonly message: string | undefined };

const SILENT: Outcome = { serves: false, message: undefined };

/** Whoever ends without a word of the helper's was systemd-run, and no helper; its own words are in the log. */
const isSilent = (outcome: Outcome): boolean => !outcome.serves && outcome.message === undefined;

function startAtTop(helper: readonly string[], log: string): Promise<Outcome> {
  leaveSession(hostHierarchies());
  return start(helper, log);
}

/** @param log gets what the helper says on stderr */
async function start([command = '', ...words]: readonly string[], log: string): Promise<Outcome> {
  const fd = openSync(log, 'a', 0o600);
  const before = statSync(log).size;
  const child = spawn(command, words, { detached: true, cwd: '/', stdio: ['ignore', 'pipe', fd] });
  closeSync(fd);
  if (!(await speaks(child))) return { serves: false, message: lastMessage(readFileSync(log).subarray(before)) };
  child.stdout?.destroy();
  child.unref();
  return { serves: true };
}

/** The helper says one thing on stdout, which is that it serves. */
const speaks = (child: ChildProcess): Promise<boolean> =>
  new Promise(resolve => {
    child.stdout?.once('data', () => resolve(true));
    child.once('exit', () => resolve(false)).once('error', () => resolve(false));
  });

/** Another helper may write to the same log. */
const lastMessage = (said: Buffer): string | undefined => [...said.toString().matchAll(/^burrow: (.*)$/gm)].at(-1)?.[1];
