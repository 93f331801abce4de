import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Helper } from '../../../helper/client/connect.ts';
import type { Notification, ParamsInput } from '../../../helper/protocol/methods.ts';
import { eventually } from '../../support/eventually.ts';

type Ending = Omit<Notification<'terminal/exited'>, 'terminal'>;

/** Whose terminal it is: a machine's own connection, or another one. */
export interface Caller {
  readonly helper: Helper;
  readonly endings: ReadonlyMap<string, Ending>;
}

/** A terminal as an editor has it: what is typed goes in, what appears is kept. */
export class Terminal {
  readonly joined: readonly string[];
  readonly notices: readonly string[];
  readonly id: string;
  /** Resolves when the helper has ended the stream: all output is here. */
  readonly hungUp: Promise<unknown>;
  #received = Buffer.alloc(0);
  readonly #caller: Caller;
  readonly #stream: Socket;
  readonly #headerBytes: number;

  private constructor(
    caller: Caller,
    opened: { terminal: string; joined?: string[]; notices?: string[] },
    stream: Socket,
    headerBytes = 0,
  ) {
    this.id = opened.terminal;
    this.joined = opened.joined ?? [];
    this.notices = opened.notices ?? [];
    this.#caller = caller;
    this.#headerBytes = headerBytes;
    this.hungUp = once(stream, 'close');
    this.#stream = stream
      .on('end', () => stream.destroy())
      .on('data', (part: Buffer) => {
        this.#received = Buffer.concat([this.#received, part]);
      });
  }

  static async open(caller: Caller, params: Omit<ParamsInput<'terminal/open'>, 'size'>): Promise<Terminal> {
    const opened = await caller.helper.request('terminal/open', { ...params, size });
    return new Terminal(caller, opened, await caller.helper.stream(opened.token));
  }

  /** Comes back to a kept one, by default with the size that it was opened with. */
  static async attach(caller: Caller, terminal: string, as = size): Promise<Terminal> {
    const { token } = await caller.helper.request('terminal/attach', { terminal, size: as });
    return new Terminal(caller, { terminal }, await caller.helper.stream(token), 4);
  }

  get bytes(): Buffer {
    return this.#received.subarray(this.#headerBytes);
  }

  get output(): string {
    return this.bytes.toString();
  }

  /** What had been written before this one attached. */
  replayed(): Promise<string> {
    return eventually('what was written before', () => {
      const whole = this.#received.length >= 4 && this.bytes.length >= this.#received.readUInt32LE();
      return whole && { text: this.bytes.toString('utf8', 0, this.#received.readUInt32LE()) };
    }).then(({ text }) => text);
  }

  /** How the command ended. */
  get ended(): Promise<Ending> {
    return eventually(`the end of terminal ${this.id}`, () => this.#caller.endings.get(this.id));
  }

  type(text: string | Buffer): void {
    this.#stream.write(text);
  }

  /** Reads no more, and what comes piles up. */
  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** The client goes, as a window that is killed, without a word. */
  leave(): void {
    this.#stream.destroy();
  }

  /** Waits for output, and gives the match. */
  see(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(`${pattern} in a terminal`, () => pattern.exec(this.output) ?? undefined).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(this.output)}`);
    });
  }

  /** Runs a shell line and gives what it prints. The marks are put together by the shell, so that the echo of the line has none. */
  async ask(line: string): Promise<string> {
    const mark = `m${++marks}`;
    this.type(`echo "<"${mark}; ${line}; echo ${mark}">"\n`);
    const [, answer = ''] = await this.see(new RegExp(`<${mark}\\r?\\n([\\s\\S]*?)\\r?\\n?${mark}>`));
    return answer.replaceAll('\r\n', '\n').trimEnd();
  }

  resize(columns: number, rows: number): Promise<unknown> {
    return this.#caller.helper.request('terminal/resize', { terminal: this.id, size: { columns, rows } });
  }

  /** Hangs up, as a window that is closed, and waits until what ran in it has ended. */
  async close(): Promise<void> {
    await this.#caller.helper.request('terminal/close', { terminal: this.id });
    await this.ended;
    this.#stream.destroy();
  }
}

const size = { columns: 80, rows: 24 };
let marks = 0;
