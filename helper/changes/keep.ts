// Copies what a sandbox wrote out of its thrown-away root, in a process of its own (keeper.ts): the rights to
// this machine's paths are the caller's, which are a matter of the whole process, and a large file takes its time.
import { spawn } from 'node:child_process';
import { descriptorOf } from '../code/own-code.ts';
import type { Caller } from '../image/as-caller.ts';
import type { Failure } from '../protocol/failure.ts';
import { Refusal } from '../sys/errors.ts';
import { debuggerOptions } from '../sys/no-debugger.ts';

/** What the process reads from its standard input; descriptor 3 is the staging directory. */
export interface Job {
  readonly disks: readonly string[];
  readonly paths: readonly string[];
  readonly caller: Caller;
}

/** What it answers on its standard output. */
export type Answer = { readonly kept: number } | { readonly failure: Failure };

/** The numbers by which the process finds its own program, and koffi's native part. */
const PROGRAM = 4;
const KOFFI = 5;

/**
 * Copies, and removes what was removed, one path after the other; the first that fails ends it, and those before it
 * stay done. A directory is kept without what is in it, as that is named by paths of its own.
 * @param staging as of changesOf; O_PATH will do
 * @returns how many paths are as the sandbox has them now
 * @throws Refusal that names the path: `denied` without the caller's right to it, `unknown` when the sandbox did not change it
 */
export async function keep(staging: number, job: Job): Promise<number> {
  // The very program that this process is, whatever lies at its path by now. A memory file has no path to be resolved.
  const words = [...debuggerOptions, '--preserve-symlinks-main', `/proc/self/fd/${PROGRAM}`, `/proc/self/fd/${KOFFI}`];
  // Electron's own Node is told by this variable, which means nothing to another.
  const child = spawn('/proc/self/exe', words, {
    cwd: '/',
    env: { ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['pipe', 'pipe', 'pipe', staging, descriptorOf('keeper.cjs'), descriptorOf('koffi.node')],
  });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('the process that keeps files has no streams');
  let [said, complained] = ['', ''];
  stdout.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  stderr.setEncoding('utf8').on('data', (part: string) => {
    complained += part;
  });
  stdin.on('error', () => undefined); // it ended before it read all; its end says why
  stdin.end(JSON.stringify(job));
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const answer = said === '' ? undefined : (JSON.parse(said) as Answer);
  if (!answer) throw new Error(`the process that keeps files ended: ${complained.trim().slice(0, 1000)}`);
  if ('kept' in answer) return answer.kept;
  const { kind, message, ...more } = answer.failure;
  throw new Refusal(kind, message, more);
}
