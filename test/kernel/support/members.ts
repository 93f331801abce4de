import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { joinCalls } from '../../../helper/cgroup/join.ts';
import type { Place } from '../../../helper/cgroup/layout.ts';
import { pipe } from '../../../helper/entry/pipes.ts';
import { prelude } from '../../../helper/stage/calls.ts';
import { encode } from '../../../helper/stage/encode.ts';
import { descriptorOf } from '../../../helper/sys/descriptor-of.ts';
import { sendWith } from '../../../helper/sys/libc.ts';
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
  readonly #input: Socket;
  output = '';

  /** @param command with its absolute path */
  constructor(places: readonly Place[], ...command: readonly string[]) {
    const [path = ''] = command;
    const environment = { strings: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] };
    const program = encode([...prelude, ...joinCalls(places), { call: 'execve', arguments: [path, { strings: command }, environment] }]);
    this.#child = spawn(inRepository('dist/stage'), [], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    this.#ended = once(this.#child, 'exit');
    const control = this.#child.stdio[3];
    if (!(control instanceof Socket)) throw new Error('the stage has no control socket');
    const [input, output] = [pipe(), pipe()];
    // With its streams, as the helper does.
    const sent = sendWith(descriptorOf(control), program, [input.read, output.write, 2], 'a program');
    if (sent < program.length) control.write(program.subarray(sent));
    for (const fd of [input.read, output.write]) closeSync(fd);
    this.#input = new Socket({ fd: input.write, readable: false, writable: true });
    this.#input.on('error', () => undefined); // it has ended
    new Socket({ fd: output.read, readable: true, writable: false }).on('data', (part: Buffer) => {
      this.output += part.toString();
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the stage cannot be started');
    return this.#child.pid;
  }

  /** Gives it a line to read. */
  say(line: string): void {
    this.#input.write(`${line}\n`);
  }

  async end(): Promise<Ended> {
    await this.#ended;
    this.#input.destroy();
    const { exitCode, signalCode } = this.#child;
    return { exitCode, signal: signalCode, output: this.output };
  }
}
