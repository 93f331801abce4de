import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { arch } from 'node:process';
import { createInterface } from 'node:readline';
import { type Architecture, syscallNumbers } from '../../../../helper/seccomp/syscall-table.ts';
import { compiled } from './compile.ts';

/** A call of the stage, in the order of its program; the two of a wait for the helper are among them. */
export interface Recorded {
  readonly name: string;
  /** Its first argument. */
  readonly first: number;
}

const numbers = syscallNumbers[arch satisfies string as Architecture];
const names = new Map([...numbers].map(([name, number]) => [number, name]));

/** Those that this architecture lacks are left out. */
const numbersOf = (names: readonly string[]): number[] => names.flatMap(name => numbers.get(name) ?? []);

const errnoOf = (symbol: string): number => constants.errno[symbol as keyof typeof constants.errno];

/** Which calls of a helper: one of `names` that has `about` in a path, or in where a descriptor of it leads. */
export interface Calls {
  readonly names: readonly string[];
  readonly about: string;
  /** How many of them are let pass. */
  readonly after?: number;
}

/** Makes calls of a helper and of its stages fail or stand still; see tracer.c. */
export class Tracer {
  readonly #child: ChildProcess;
  readonly #waiting: (() => void)[] = [];
  /** Has the call come that it was last told of? */
  wasHit = false;
  #calls: Recorded[] = [];
  #hit: (pid: number) => void = () => undefined;
  #hits: Promise<number> = new Promise(() => undefined);

  constructor() {
    this.#child = spawn(compiled('tracer'), { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!this.#child.stdout) throw new Error('the tracer has no output');
    createInterface(this.#child.stdout).on('line', line => this.#heard(line));
  }

  #heard(line: string): void {
    const [word, number, first] = line.split(' ');
    if (word === 'ok') this.#waiting.shift()?.();
    if (word === 'hit') this.#hit(Number(number));
    if (word === 'call') this.#calls.push({ name: names.get(Number(number)) ?? '', first: Number(first) });
  }

  #tell(...words: readonly (string | number)[]): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve);
      this.#child.stdin?.write(`${words.join(' ')}\n`);
    });
  }

  attach(helper: number): Promise<void> {
    return this.#tell('attach', helper);
  }

  /** @param stage of those whose programs begin from now on */
  async record(stage: number, work: () => Promise<unknown>): Promise<readonly Recorded[]> {
    this.#calls = [];
    await this.#tell('record', stage);
    await work();
    await this.#tell('forget');
    return this.#calls;
  }

  failStage(stage: number, call: number, errno: string): Promise<void> {
    return this.#arm('stage', stage, call, 'fail', errnoOf(errno));
  }

  holdStage(stage: number, call: number): Promise<void> {
    return this.#arm('stage', stage, call, 'hold', 0);
  }

  failHelper({ names, about, after = 0 }: Calls, errno: string): Promise<void> {
    return this.#arm('helper', numbersOf(names).join(','), about, after, 'fail', errnoOf(errno));
  }

  holdHelper({ names, about, after = 0 }: Calls): Promise<void> {
    return this.#arm('helper', numbersOf(names).join(','), about, after, 'hold', 0);
  }

  /** @param message its place among those that are sent together */
  garbleHelper({ names, about, after = 0 }: Calls, message: number): Promise<void> {
    return this.#arm('helper', numbersOf(names).join(','), about, after, 'garble', message);
  }

  #arm(...words: readonly (string | number)[]): Promise<void> {
    this.wasHit = false;
    this.#hits = new Promise(resolve => {
      this.#hit = pid => {
        this.wasHit = true;
        resolve(pid);
      };
    });
    return this.#tell(...words);
  }

  /** The process whose call it was. */
  hit(): Promise<number> {
    return this.#hits;
  }

  forget(): Promise<void> {
    return this.#tell('forget');
  }

  release(): Promise<void> {
    return this.#tell('release');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
