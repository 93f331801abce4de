import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Entry, Size } from '../../helper/protocol/target.ts';
import { Refused } from '../helper-client/errors.ts';
import { type Ending, endedCleanly, endingWords, offer } from './messages.ts';
import type { Program, Started } from './shell.ts';

/** The part of the session that it needs. */
export interface Terminals {
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  onDidEndTerminal(handler: (ending: Ending & { terminal: string }) => void): { dispose(): void };
}

/** The limit of memory of the sandbox that a terminal is in. */
export interface MemoryLimit {
  readonly sandbox: string;
  /** `memory limit of web, 256 MB` */
  readonly words: string;
}

/** What is to run, and how it is kept. */
export interface Order {
  /** Without it what was found again cannot be had once more. */
  readonly entry?: Entry | undefined;
  /** For whom the helper keeps it when the window goes away; without it, it ends then. */
  readonly keep?: ParamsInput<'terminal/open'>['keep'] | undefined;
  readonly shellIntegration?: boolean;
  /** What Burrow itself has to say. */
  readonly notices?: readonly string[];
  readonly limit?: MemoryLimit | undefined;
  /** The terminal to find again, to begin with. */
  readonly again?: string | undefined;
}

/** Counts what a limit of memory kills while a program runs. */
class Kills {
  readonly #terminals: Terminals;
  readonly #limit: MemoryLimit | undefined;
  #before: number | undefined;

  constructor(terminals: Terminals, limit: MemoryLimit | undefined) {
    this.#terminals = terminals;
    this.#limit = limit;
  }

  /** Undefined where this host does not count it, or the sandbox is gone. */
  async #count(): Promise<number | undefined> {
    if (!this.#limit) return undefined;
    const usage = await this.#terminals.request('sandbox/usage', { sandbox: this.#limit.sandbox }).catch(() => undefined);
    return usage?.killedForMemory;
  }

  async begin(): Promise<void> {
    this.#before = await this.#count();
  }

  /** The limit, where it explains how a program ended. */
  async explaining(ending: Ending | undefined): Promise<string | undefined> {
    if (ending?.signal !== 'SIGKILL' || this.#before === undefined) return undefined;
    return ((await this.#count()) ?? 0) > this.#before ? this.#limit?.words : undefined;
  }
}

/** A shell or a command in something that exists. */
export function entryProgram(terminals: Terminals, { entry, keep, shellIntegration, notices = [], limit, again }: Order): Program<Ending> {
  const kills = new Kills(terminals, limit);
  let found = again;
  let endedUnseen = false;

  const attach = async (terminal: string, size: Size): Promise<Started<Ending>> => {
    const { token, ended } = await terminals.request('terminal/attach', { terminal, size });
    endedUnseen = ended !== undefined;
    return { terminal, token, notices: [], id: terminal, replays: true, ended };
  };
  const open = async (size: Size): Promise<Started<Ending>> => {
    if (!entry) throw new Refused('What this terminal was in is not known any more');
    endedUnseen = false;
    const opened = await terminals.request('terminal/open', {
      ...entry,
      size,
      ...(keep ? { keep } : {}),
      ...(shellIntegration ? { shellIntegration } : {}),
    });
    const { terminal, token } = opened;
    return { terminal, token, notices: [...notices, ...opened.notices], id: terminal };
  };

  return {
    offer,
    outlives: keep !== undefined,
    start: async size => {
      const terminal = found;
      found = undefined;
      const [started] = await Promise.all([terminal === undefined ? open(size) : attach(terminal, size), kills.begin()]);
      return started;
    },
    onDidEnd: handler => terminals.onDidEndTerminal(({ terminal, ...ending }) => handler(terminal, ending)),
    farewell: async ending => {
      // What nobody has seen is left to be read.
      if (endedCleanly(ending) && !endedUnseen) return { lines: [], closes: true };
      return { lines: [endingWords(ending, await kills.explaining(ending))], closes: false };
    },
    // The program gets a hangup, as from any terminal.
    hangUp: ({ terminal }) => terminals.request('terminal/close', { terminal }),
  };
}
