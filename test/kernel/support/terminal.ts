import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Notification, ParamsInput } from '../../../helper/protocol/methods.ts';
import { eventually } from '../../support/eventually.ts';
import type { Machine } from './machine.ts';

type Ending = Omit<Notification<'terminal/exited'>, 'terminal'>;

/** A terminal as an editor has it: what is typed goes in, what appears is kept. */
export class Terminal {
  readonly joined: readonly string[];
  readonly notices: readonly string[];
  readonly id: string;
  /** Resolves when the helper has ended the stream: all output is here. */
  readonly hungUp: Promise<unknown>;
  #output = Buffer.alloc(0);
  readonly #machine: Machine;
  readonly #stream: Socket;

  private constructor(machine: Machine, opened: { terminal: string; joined: string[]; notices: string[] }, stream: Socket) {
    this.id = opened.terminal;
    this.joined = opened.joined;
    this.notices = opened.notices;
    this.#machine = machine;
    this.hungUp = once(stream, 'close');
    this.#stream = stream
      .on('end', () => stream.destroy())
      .on('data', (part: Buffer) => {
        this.#output = Buffer.concat([this.#output, part]);
      });
  }

  static async open(machine: Machine, params: Omit<ParamsInput<'terminal/open'>, 'size'>): Promise<Terminal> {
    const opened = await machine.call('terminal/open', { ...params, size: { columns: 80, rows: 24 } });
    return new Terminal(machine, opened, await machine.helper.stream(opened.token));
  }

  get output(): string {
    return this.#output.toString();
  }

  /** How the command ended. */
  get ended(): Promise<Ending> {
    return eventually(`the end of terminal ${this.id}`, () => this.#machine.endings.get(this.id));
  }

  type(text: string): void {
    this.#stream.write(text);
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
    return this.#machine.call('terminal/resize', { terminal: this.id, size: { columns, rows } });
  }

  /** Hangs up, as a window that is closed, and waits until what ran in it has ended. */
  async close(): Promise<void> {
    await this.#machine.call('terminal/close', { terminal: this.id });
    await this.ended;
    this.#stream.destroy();
  }
}

let marks = 0;
