import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { joinCalls } from '../../../helper/cgroup/join.ts';
import type { Place } from '../../../helper/cgroup/layout.ts';
import { prelude } from '../../../helper/stage/calls.ts';
import { encode } from '../../../helper/stage/encode.ts';
import { inRepository } from '../../support/repository.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A process that the stage made a member of cgroups before it became a command. */
export class Member {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  output = '';

  /** @param command with its absolute path */
  constructor(places: readonly Place[], ...command: readonly string[]) {
    const [path = ''] = command;
    const environment = { strings: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] };
    const program = encode([...prelude, ...joinCalls(places), { call: 'execve', arguments: [path, { strings: command }, environment] }]);
    this.#child = spawn(inRepository('dist/stage'), [], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
    this.#ended = once(this.#child, 'exit');
    this.#child.stdout?.on('data', (part: Buffer) => {
      this.output += part.toString();
    });
    const control = this.#child.stdio[3];
    if (!(control instanceof Writable)) throw new Error('the stage has no control socket');
    control.write(program);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the stage cannot be started');
    return this.#child.pid;
  }

  /** Gives it a line to read. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  async end(): Promise<Ended> {
    await this.#ended;
    const { exitCode, signalCode } = this.#child;
    return { exitCode, signal: signalCode, output: this.output };
  }
}
