// The helper of this machine at its usual socket, and the command `burrow`, as people have them.
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { type MethodName, methods, type ParamsInput, protocolVersion, type Result } from '../../../helper/protocol/methods.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';

export const burrow = '/usr/local/bin/burrow';

/** A program that must succeed; what it printed. */
export const run = (command: string, ...words: readonly string[]): string =>
  execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();

const login = ['-o', 'BatchMode=yes', 'ann@localhost'];

/** A line of shell as ann, in a login session of hers. */
export const asAnn = (line: string): string => run('ssh', ...login, line);

/** A login session of ann's that lasts until somebody ends it. */
export const stayAsAnn = (): ChildProcess => spawn('ssh', [...login, 'sleep', '3600'], { stdio: 'ignore' });

export async function call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
  const { stdout } = await promisify(execFile)(burrow, ['call', method, JSON.stringify(params)], { maxBuffer: 64 << 20 });
  return methods[method].result.parse(JSON.parse(stdout)) as Result<M>;
}

export interface Typed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `burrow WORDS…` as a person types it. */
export const type = (...words: readonly string[]): Typed => spawnSync(burrow, words, { encoding: 'utf8', input: '' });

export async function helperPid(): Promise<number> {
  return (await call('helper/hello', { protocol: protocolVersion })).pid;
}

/** Ends it, and waits for the end. */
export async function stopHelper(): Promise<void> {
  if (!existsSync('/run/burrow/helper.sock')) return;
  const pid = await helperPid();
  await call('helper/stop', {});
  await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
}
