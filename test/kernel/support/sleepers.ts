import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';

/** Processes that a test starts and that it ends. */
export class Sleepers {
  readonly #started: ChildProcess[] = [];

  /** Starts a program that comes to run sleep(1), and gives that process's pid: the program's, or that of one below it. */
  async start(command: string, ...rest: readonly string[]): Promise<number> {
    // What a test that is killed leaves behind goes with it.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...rest], { stdio: 'ignore' });
    this.#started.push(child);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} cannot be started`);
    return eventually(`${command} ${rest.join(' ')}`, () => {
      if (child.exitCode !== null) throw new Error(`${command} ${rest.join(' ')} ended with ${child.exitCode}`);
      return [pid, ...below(pid)].find(isAsleep);
    });
  }

  async stop(): Promise<void> {
    for (const child of this.#started.splice(0)) {
      const { pid } = child;
      if (child.exitCode !== null || child.signalCode !== null || pid === undefined) continue;
      for (const each of below(pid)) end(each);
      child.kill('SIGKILL');
      await eventually(`the end of ${pid}`, () => child.exitCode !== null || child.signalCode !== null);
    }
  }
}

/** It may be gone by now: the end of one above it can be its own. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function below(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    return children.flatMap(child => [child, ...below(child)]);
  } catch {
    return [];
  }
}

function isAsleep(pid: number): boolean {
  try {
    return ['sleep', 'busybox'].includes(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false;
  }
}
