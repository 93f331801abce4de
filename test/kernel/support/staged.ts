import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';
import { takeCode } from '../../../helper/code/own-code.ts';
import { type Architecture, syscallNumbers } from '../../../helper/seccomp/syscall-table.ts';
import { type Confinement, confine } from '../../../helper/security/confine.ts';
import { prelude } from '../../../helper/stage/calls.ts';
import type { Call, Program } from '../../../helper/stage/program.ts';
import type { Ending } from '../../../helper/stage/reaper.ts';
import { stage } from '../../../helper/stage/run.ts';
import { errnoName } from '../../../helper/sys/errors.ts';
import { cloneFlag } from '../../../helper/sys/flags.ts';
import { inRepository } from '../../support/repository.ts';
import { compiled } from './makers/compile.ts';

export const architecture: Architecture = arch === 'arm64' ? 'arm64' : 'x64';
export const numberOf = (name: string): number => {
  const number = syscallNumbers[architecture].get(name);
  if (number === undefined) throw new Error(`${architecture} has no ${name}`);
  return number;
};

/** A system call and its arguments, for calls.c. */
export type Wanted = readonly [name: string, ...rest: readonly (number | bigint | string)[]];

export interface Options {
  /** Whom the command becomes in its user namespace, which has the ids of this machine. */
  readonly uid?: number;
  /** Made by root of the user namespace before it is confined. */
  readonly before?: readonly Call[];
}

/** Runs commands in a user namespace of their own by stage programs, confined, with the stage of this test's build. */
export class Staged {
  /** Where every user may execute what is in it. */
  readonly folder = `/run/burrow-kernel-${process.pid}-staged`;
  readonly #calls = join(this.folder, 'calls');

  constructor() {
    mkdirSync(this.folder, { mode: 0o755 });
    copyFileSync(compiled('calls'), this.#calls);
    takeCode(inRepository('dist'));
  }

  /** What a command wrote, and how it ended. */
  async run(
    confinement: Confinement,
    command: readonly string[],
    { uid = 0, before = [] }: Options = {},
  ): Promise<Ending & { output: string }> {
    const become = (id: number): Call[] => [
      { call: 'setresgid', arguments: [id, id, id] },
      { call: 'setresuid', arguments: [id, id, id] },
    ];
    const program: Program = [
      ...prelude,
      { call: 'unshare', arguments: [{ text: 'CLONE_NEWUSER', value: cloneFlag.user }] },
      { do: 'fork' },
      { do: 'sync', until: 'maps its users' },
      ...become(0),
      ...before,
      ...confine(confinement, uid, become(uid)),
      { call: 'execve', arguments: [command[0] ?? '', { strings: command }, { strings: ['LC_ALL=C'] }] },
    ];
    const said = join(this.folder, 'said');
    const stdin = openSync('/dev/null', 'r');
    const stdout = openSync(said, 'w');
    // The end of the command is a signal, for which node does not stay.
    const awake = setInterval(() => undefined, 1000);
    try {
      const ending = await new Promise<Ending>((resolve, reject) => {
        const onSync = (_: string, pid: number): void => {
          for (const ids of ['uid_map', 'gid_map']) writeFileSync(`/proc/${pid}/${ids}`, '0 0 65536');
        };
        stage({ program, stdio: [stdin, stdout, stdout], handles: new Map(), onSync, onEnd: resolve }).catch(reject);
      });
      return { ...ending, output: readFileSync(said, 'utf8') };
    } finally {
      clearInterval(awake);
      closeSync(stdin);
      closeSync(stdout);
    }
  }

  /** The errno of each call, or `ok`; those that were not reached are missing. */
  async answers(confinement: Confinement, wanted: readonly Wanted[], options: Options = {}): Promise<readonly string[]> {
    const words = wanted.map(([name, ...rest]) => [numberOf(name), ...rest].join(','));
    const { output } = await this.run(confinement, [this.#calls, ...words], options);
    return output
      .split('\n')
      .slice(0, -1)
      .map(line => (line === '0' ? 'ok' : errnoName(Number(line))));
  }

  /** A field of /proc/PID/status of a command. */
  async status(confinement: Confinement, options: Options = {}): Promise<ReadonlyMap<string, string>> {
    const { output } = await this.run(confinement, ['/bin/cat', '/proc/self/status'], options);
    return new Map(output.split('\n').flatMap(line => (line.includes(':\t') ? [line.split(':\t', 2) as [string, string]] : [])));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
