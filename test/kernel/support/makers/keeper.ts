import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { eventually } from '../../../support/eventually.ts';
import { isAlive } from '../../../support/processes.ts';
import { compiled } from './compile.ts';

/** A line of keeper.c and what it answers. */
type Exchange = (line: string) => Promise<number>;

/** What mount(2) is told. */
export const mountFlags = { bind: 0x1000, recursive: 0x4000, private: 0x40000 } as const;

/** A process or a thread that does what it is told; see keeper.c. */
export class Keeper {
  /** Of a thread, its tid. */
  readonly pid: number;
  readonly #exchange: Exchange;

  constructor(pid: number, exchange: Exchange) {
    this.pid = pid;
    this.#exchange = exchange;
  }

  /** @throws Error with the act and the errno when the call failed */
  do(act: string, ...words: readonly (string | number)[]): Promise<number> {
    return this.#exchange([act, ...words.map(word => encodeURIComponent(word))].join(' '));
  }

  /** Starts a child where this one's children go, with a pid that is asked for if one is. */
  async child(pid?: number): Promise<Keeper> {
    const before = new Set(this.#children());
    const number = await (pid === undefined ? this.do('child') : this.do('child', pid));
    // It may call itself 1: how it is called here only /proc knows.
    const born = this.#children().find(each => !before.has(each));
    if (born === undefined) throw new Error(`the child of ${this.pid} has ended`);
    return new Keeper(born, line => this.#exchange(`to ${number} ${line}`));
  }

  async thread(): Promise<Keeper> {
    const number = await this.do('thread');
    const tell: Exchange = line => this.#exchange(`to ${number} ${line}`);
    return new Keeper(await tell('tid'), tell);
  }

  /** Waits until the kernel has let go of it. */
  async end(): Promise<void> {
    await this.do('end');
    await eventually(`the end of ${this.pid}`, () => !isAlive(this.pid));
  }

  /** A user namespace of its own, in which it is root and can make another. */
  async becomeRootOfItsOwn(): Promise<void> {
    await this.do('unshare', 'user');
    await this.do('write', '/proc/self/setgroups', 'deny');
    await this.do('write', '/proc/self/gid_map', '0 0 1');
    await this.do('write', '/proc/self/uid_map', '0 0 1');
  }

  /** A mount namespace of its own, from and to which no mount comes. */
  async leaveMounts(): Promise<void> {
    await this.do('unshare', 'mnt');
    await this.do('mount', '', '/', '', mountFlags.recursive | mountFlags.private);
  }

  inodeOf(fd: number): number {
    return statSync(`/proc/${this.pid}/fd/${fd}`).ino;
  }

  #children(): number[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }
}

/** The keepers of a test, which it ends. */
export class Keepers {
  readonly #started: ChildProcess[] = [];

  /** @param argv0 what it calls itself */
  async start(argv0 = 'keeper'): Promise<Keeper> {
    const child = spawn(compiled('keeper'), { argv0, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#started.push(child);
    const waiting: ((answer: string) => void)[] = [];
    createInterface(child.stdout).on('line', answer => waiting.shift()?.(answer));
    child.once('exit', () => {
      for (const each of waiting.splice(0)) each('failed 3'); // ESRCH
    });
    const exchange: Exchange = async line => {
      const answer = new Promise<string>(resolve => waiting.push(resolve));
      child.stdin.write(`${line}\n`);
      const [word, number] = (await answer).split(' ');
      if (word !== 'ok') throw new Error(`${line}: errno ${number}`);
      return Number(number);
    };
    return new Keeper(await exchange('tid'), exchange);
  }

  async stop(): Promise<void> {
    for (const child of this.#started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}
