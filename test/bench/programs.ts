// The C programs of a group of contests: built when they are needed, gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inRepository } from '../support/repository.ts';
import { run } from './measure.ts';
import { afterMe } from './subject.ts';

export class Programs implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'burrow-bench-'));
  readonly #callOff = afterMe('rm -rf "$1"', this.#folder);

  constructor(group: string, names: readonly string[]) {
    for (const name of names) {
      const source = inRepository(`test/bench/${group}/${name}.c`);
      run('cc', '-O2', '-Wall', '-Wextra', '-Werror', '-o', join(this.#folder, name), source);
    }
  }

  start(name: string, ...words: readonly string[]): Running {
    return new Running(join(this.#folder, name), words);
  }

  /** Processes of these programs that live; once everything is taken away there are none. */
  living(): readonly number[] {
    const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name));
    return pids.map(Number).filter(pid => executableOf(pid).startsWith(this.#folder));
  }

  [Symbol.dispose](): void {
    this.#callOff();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function executableOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return ''; // a kernel thread, or it has ended
  }
}

/** One of them: it hears bytes, says lines, and ends when its standard input does. */
export class Running {
  readonly #path: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(path: string, words: readonly string[]) {
    this.#path = path;
    const child = spawn(path, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** @throws Error when it ends before it says something; why, it wrote to standard error */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#path} ended without a word`);
    return value;
  }

  /** @param said a byte, or a line for those that read lines */
  ask(said: string): Promise<string> {
    this.#child.stdin?.write(said);
    return this.line();
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
