// A command inside a target, with this process's own streams.
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { stderr, stdin, stdout } from 'node:process';
import { finished } from 'node:stream/promises';
import { onNotification } from '../protocol/calls.ts';
import type { Notification } from '../protocol/methods.ts';
import type { Entry, Size } from '../protocol/target.ts';
import type { Helper } from './connect.ts';
import { say } from './print.ts';

/**
 * @param tty on a terminal also where this process has none
 * @returns the exit code as a shell would give it: 128 and the number for a signal
 */
export const execute = (helper: Helper, entry: Entry, tty = false): Promise<number> =>
  tty || (stdin.isTTY && stdout.isTTY) ? inTerminal(helper, entry) : inPipes(helper, entry);

async function inTerminal(helper: Helper, entry: Entry): Promise<number> {
  const ended = endOf(helper, 'terminal/exited');
  const { terminal, stream, notices } = await helper.openTerminal({ ...entry, size: sizeOfTerminal() });
  for (const notice of notices) say(notice);
  await connectTerminal(helper, terminal, stream);
  return await ended;
}

/** As terminals have always been where there is none to ask. */
const usual: Size = { columns: 80, rows: 24 };

export const sizeOfTerminal = (): Size => (stdout.isTTY ? { columns: Math.max(1, stdout.columns), rows: Math.max(1, stdout.rows) } : usual);

/**
 * Until the terminal has ended, or is another client's.
 * @param begin reads what comes before the output
 */
export async function connectTerminal(
  helper: Helper,
  terminal: string,
  stream: Socket,
  begin?: (stream: Socket) => Promise<void>,
): Promise<void> {
  const resized = (): void => {
    // The terminal may have ended a moment ago.
    helper.request('terminal/resize', { terminal, size: sizeOfTerminal() }).catch(() => undefined);
  };
  stdout.on('resize', resized);
  if (stdin.isTTY) stdin.setRawMode(true);
  try {
    await begin?.(stream);
    stdin.pipe(stream);
    stream.pipe(stdout, { end: false });
    await finished(stream, { writable: false });
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.unpipe(stream).pause();
    stdout.off('resize', resized);
    stream.destroy();
  }
}

async function inPipes(helper: Helper, entry: Entry): Promise<number> {
  const ended = endOf(helper, 'process/exited');
  const { notices, ...tokens } = await helper.request('process/open', entry);
  for (const notice of notices) say(notice);
  await connectPipes(helper, tokens, ended);
  return await ended;
}

/** Until `ended`, and all that was written has been passed on. */
export async function connectPipes(
  helper: Helper,
  tokens: { readonly stdin: string; readonly stdout: string; readonly stderr: string },
  ended: Promise<unknown>,
): Promise<void> {
  const [input, output, errors] = await Promise.all([tokens.stdin, tokens.stdout, tokens.stderr].map(token => helper.stream(token)));
  if (!input || !output || !errors) throw new Error('three streams');
  input.on('error', () => undefined); // the command does not read any more
  stdin.pipe(input);
  output.pipe(stdout, { end: false });
  errors.pipe(stderr, { end: false });
  await ended;
  await Promise.all([output, errors].map(each => finished(each, { writable: false })));
  stdin.unpipe(input).pause();
  for (const each of [input, output, errors]) each.destroy();
}

interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

export const codeOf = ({ exitCode, signal }: Ending): number =>
  exitCode ?? 128 + (Object.entries(constants.signals).find(([symbol]) => symbol === signal)?.[1] ?? 0);

/** The code of the only command that this connection starts; also when the helper dies. */
export function endOf(helper: Helper, name: 'terminal/exited' | 'process/exited'): Promise<number> {
  const ended = new Promise<number>((resolve, reject) => {
    const exited = (ending: Notification<'terminal/exited'> | Notification<'process/exited'>): void => resolve(codeOf(ending));
    onNotification(helper.wire, name, exited);
    helper.wire.onClose(() => reject(new Error('the helper ended')));
  });
  ended.catch(() => undefined); // it is waited for only when the streams have ended
  return ended;
}
