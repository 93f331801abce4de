import type { Duplex } from 'node:stream';
import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Entry, Size } from '../../helper/protocol/target.ts';
import { complaint, type Ending, endedCleanly, endingWords, notice, offer, tidy } from './messages.ts';
import { pump } from './pump.ts';

interface Disposable {
  dispose(): void;
}

/** The part of the session that a shell needs. */
export interface Helper {
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  openStream(token: string): Promise<Duplex>;
  onDidEndTerminal(handler: (ending: Ending & { terminal: string }) => void): Disposable;
  onDidDisconnect(handler: () => void): Disposable;
}

export interface Screen {
  write(text: string): void;
  caughtUp(): PromiseLike<unknown>;
  /** The terminal goes away. */
  close(): void;
  /** What the person reads about an error. */
  explain(error: unknown): string;
}

/** How the terminal of one opening ends: awaited only after its output, which may be longer in coming. */
class Endings implements Disposable {
  readonly #listeners: Disposable[];
  readonly #seen = new Map<string, Ending>();
  #disconnected = false;
  #look: (() => void) | undefined;

  constructor(helper: Helper) {
    const again = (): void => this.#look?.();
    this.#listeners = [
      helper.onDidEndTerminal(ending => {
        this.#seen.set(ending.terminal, ending);
        again();
      }),
      helper.onDidDisconnect(() => {
        this.#disconnected = true;
        again();
      }),
    ];
  }

  /** Resolves to undefined when the helper goes away first. */
  of(terminal: string): Promise<Ending | undefined> {
    return new Promise(resolve => {
      this.#look = () => {
        if (this.#disconnected || this.#seen.has(terminal)) resolve(this.#seen.get(terminal));
      };
      this.#look();
    });
  }

  dispose(): void {
    for (const each of this.#listeners) each.dispose();
    // Whoever still waits is told that nothing more comes.
    this.#disconnected = true;
    this.#look?.();
  }
}

type Phase = 'opening' | 'open' | 'ended' | 'closed';

/** One program in a target, and after it another if the person wants: from opening to the last key. */
export class Shell {
  readonly #helper: Helper;
  readonly #entry: Entry;
  readonly #screen: Screen;
  #size: Size = { columns: 80, rows: 24 };
  #phase: Phase = 'ended';
  #terminal: string | undefined;
  #stream: Duplex | undefined;
  #typedAhead = '';
  #atLineStart = true;

  constructor(helper: Helper, entry: Entry, screen: Screen) {
    this.#helper = helper;
    this.#entry = entry;
    this.#screen = screen;
  }

  /** @param size how large the screen is, where that is known yet */
  open(size?: Size): void {
    if (size) this.#size = size;
    this.#phase = 'opening';
    this.#run().catch((error: unknown) => this.#fail(error));
  }

  async #run(): Promise<void> {
    const endings = new Endings(this.#helper);
    try {
      const size = this.#size;
      const { terminal, token, notices } = await this.#helper.request('terminal/open', { ...this.#entry, size });
      this.#terminal = terminal;
      for (const each of notices) this.#write(notice(each));
      const stream = await this.#helper.openStream(token);
      if (!this.#connected(stream)) return;
      if (size !== this.#size) this.#tellSize();
      await pump(stream, text => this.#write(text), this.#screen.caughtUp);
      this.#ended(await endings.of(terminal));
    } finally {
      endings.dispose();
    }
  }

  /** False when the person closed the terminal meanwhile. */
  #connected(stream: Duplex): boolean {
    // Errors end the stream, and the pump sees that.
    stream.on('error', () => {});
    this.#stream = stream;
    if (this.#phase === 'closed') {
      this.close();
      return false;
    }
    this.#phase = 'open';
    if (this.#typedAhead) stream.write(this.#typedAhead);
    this.#typedAhead = '';
    return true;
  }

  #ended(ending: Ending | undefined): void {
    this.#forget();
    if (this.#phase === 'closed') return;
    this.#phase = 'ended';
    if (endedCleanly(ending)) {
      this.#screen.close();
      return;
    }
    const line = this.#atLineStart ? '' : '\r\n';
    this.#write(`${tidy}${line}${notice(`${endingWords(ending)}; ${offer}`)}`);
  }

  #fail(error: unknown): void {
    this.#forget();
    if (this.#phase === 'closed') return;
    this.#phase = 'ended';
    this.#write(complaint(this.#screen.explain(error)));
    this.#write(notice(offer));
  }

  #forget(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
    this.#terminal = undefined;
    this.#typedAhead = '';
  }

  #write(text: string): void {
    if (!text) return;
    this.#atLineStart = text.endsWith('\n');
    this.#screen.write(text);
  }

  input(text: string): void {
    if (this.#phase === 'open') this.#stream?.write(text);
    else if (this.#phase === 'opening') this.#typedAhead += text;
    else if (this.#phase === 'ended') this.#afterwards(text);
  }

  #afterwards(key: string): void {
    if (key === '\r') this.open();
    else this.#screen.close();
  }

  resize(size: Size): void {
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    if (this.#phase === 'open') this.#tellSize();
  }

  #tellSize(): void {
    // A terminal that ended a moment ago needs no size.
    if (this.#terminal) this.#helper.request('terminal/resize', { terminal: this.#terminal, size: this.#size }).catch(() => {});
  }

  /** The person closed the terminal: the program gets a hangup, as from any terminal. */
  close(): void {
    this.#phase = 'closed';
    // One that ended, or whose helper went away, is closed already.
    if (this.#terminal) this.#helper.request('terminal/close', { terminal: this.#terminal }).catch(() => {});
    this.#forget();
  }
}
