import type { Duplex } from 'node:stream';
import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Size } from '../../helper/protocol/target.ts';
import { complaint, notice, tidy } from './messages.ts';
import { pump } from './pump.ts';

interface Disposable {
  dispose(): void;
}

/** The part of the session that every program in a terminal needs. */
export interface Helper {
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  openStream(token: string): Promise<Duplex>;
  onDidDisconnect(handler: () => void): Disposable;
}

/** A program that has been started, or found again. */
export interface Started<E> {
  readonly terminal: string;
  readonly token: string;
  /** What the person should know before its output. */
  readonly notices: readonly string[];
  /** What its ending is told by. */
  readonly id: string;
  /** Its stream begins with what it wrote while nobody looked. */
  readonly replays?: boolean;
  /** How it ended, when it did while nobody looked. */
  readonly ended?: E | undefined;
}

/** What the person reads when a program has ended. */
export interface Farewell {
  readonly lines: readonly string[];
  /** Nothing of it has to be read: the terminal goes away. */
  readonly closes: boolean;
  /** What the editor is told, where it wants to know. */
  readonly exitCode?: number;
}

/** A kind of program: how it is started, how its end is told, and in what words. */
export interface Program<E> {
  start(size: Size): Promise<Started<E>>;
  onDidEnd(handler: (id: string, ending: E) => void): Disposable;
  /** @param ending absent when the helper went away first */
  farewell(ending: E | undefined): Farewell | Promise<Farewell>;
  /** The person closed the terminal. */
  hangUp(started: Started<E>): Promise<unknown>;
  /** What the keys do when it has ended, or did not start; without it the terminal goes away when it could not start. */
  readonly offer?: string;
  /** It goes on without its terminal, until it is hung up. */
  readonly outlives?: boolean;
}

export interface Screen {
  write(text: string): void;
  caughtUp(): PromiseLike<unknown>;
  /** The terminal goes away. */
  close(exitCode?: number): void;
  /** What the person reads about an error. */
  explain(error: unknown): string;
}

/** How the terminal of one opening ends: awaited only after its output, which may be longer in coming. */
class Endings<E> implements Disposable {
  readonly #listeners: Disposable[];
  readonly #seen = new Map<string, E>();
  #disconnected = false;
  #look: (() => void) | undefined;

  constructor(helper: Helper, program: Program<E>) {
    const again = (): void => this.#look?.();
    this.#listeners = [
      program.onDidEnd((id, ending) => {
        this.#seen.set(id, ending);
        again();
      }),
      helper.onDidDisconnect(() => {
        this.#disconnected = true;
        again();
      }),
    ];
  }

  /** Resolves to undefined when the helper goes away first. */
  of(id: string): Promise<E | undefined> {
    return new Promise(resolve => {
      this.#look = () => {
        if (this.#disconnected || this.#seen.has(id)) resolve(this.#seen.get(id));
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

/** One program in a terminal, and after it another if the person wants: from opening to the last key. */
export class Shell<E> {
  readonly #helper: Helper;
  readonly #program: Program<E>;
  readonly #screen: Screen;
  #size: Size = { columns: 80, rows: 24 };
  #phase: Phase = 'ended';
  #started: Started<E> | undefined;
  #stream: Duplex | undefined;
  #typedAhead = '';
  #atLineStart = true;
  #replaying = false;
  #unwanted = false;

  constructor(helper: Helper, program: Program<E>, screen: Screen) {
    this.#helper = helper;
    this.#program = program;
    this.#screen = screen;
  }

  /** @param size how large the screen is, where that is known yet */
  open(size?: Size): void {
    if (size) this.#size = size;
    this.#phase = 'opening';
    this.#run().catch((error: unknown) => this.#fail(error));
  }

  async #run(): Promise<void> {
    const endings = new Endings(this.#helper, this.#program);
    try {
      const size = this.#size;
      const started = await this.#program.start(size);
      this.#started = started;
      for (const each of started.notices) this.#write(notice(each));
      const stream = await this.#helper.openStream(started.token);
      if (!this.#connected(stream)) return;
      if (size !== this.#size) this.#tellSize();
      await pump(
        stream,
        { write: text => this.#write(text), caughtUp: this.#screen.caughtUp },
        started.replays ? () => this.#replayed() : undefined,
      );
      // One that outlives its terminal may not end for long.
      if (this.#is('closed')) return;
      await this.#ended(started.ended ?? (await endings.of(started.id)));
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
      if (this.#unwanted) this.hangUp();
      else stream.destroy();
      return false;
    }
    this.#phase = 'open';
    this.#replaying = this.#started?.replays ?? false;
    if (this.#typedAhead && !this.#replaying) stream.write(this.#typedAhead);
    this.#typedAhead = '';
    return true;
  }

  /** What the emulator answered to questions of the past has come, and been dropped: from now on it is the person who types. */
  #replayed(): void {
    this.#replaying = false;
  }

  async #ended(ending: E | undefined): Promise<void> {
    this.#forget();
    const { lines, closes, exitCode } = await this.#program.farewell(ending);
    if (this.#is('closed')) return;
    this.#phase = 'ended';
    const { offer } = this.#program;
    const last = lines.at(-1);
    const words = closes || offer === undefined || last === undefined ? lines : [...lines.slice(0, -1), `${last}; ${offer}`];
    const line = this.#atLineStart ? '' : '\r\n';
    if (words.length > 0) this.#write(`${tidy}${line}${words.map(notice).join('')}`);
    if (closes) this.#screen.close(exitCode);
  }

  #fail(error: unknown): void {
    this.#forget();
    if (this.#is('closed')) return;
    this.#phase = 'ended';
    const { offer } = this.#program;
    this.#write(complaint(this.#screen.explain(error)));
    if (offer === undefined) this.#screen.close(1);
    else this.#write(notice(offer));
  }

  /** A method, since the phase changes while something is awaited. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  #forget(): void {
    this.#stream?.destroy();
    this.#stream = undefined;
    this.#started = undefined;
    this.#typedAhead = '';
  }

  #write(text: string): void {
    if (!text) return;
    this.#atLineStart = text.endsWith('\n');
    this.#screen.write(text);
  }

  input(text: string): void {
    if (this.#phase === 'open') {
      if (!this.#replaying) this.#stream?.write(text);
    } else if (this.#phase === 'opening') this.#typedAhead += text;
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
    const terminal = this.#started?.terminal;
    if (terminal !== undefined) this.#helper.request('terminal/resize', { terminal, size: this.#size }).catch(() => {});
  }

  /** The terminal is gone, with the person's will or without. */
  close(): void {
    this.#phase = 'closed';
    if (this.#program.outlives) this.#stream?.destroy();
    else this.hangUp();
  }

  /** The person wants it gone: the program gets a hangup, as from any terminal, as soon as it has started. */
  hangUp(): void {
    this.#unwanted = true;
    // One that ended, or whose helper went away, is closed already.
    if (this.#started) this.#program.hangUp(this.#started).catch(() => {});
    this.#forget();
  }
}
