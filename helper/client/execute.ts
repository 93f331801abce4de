// A command inside a target, with this process's own streams.
import { constants } from 'node:os';
import { stderr, stdin, stdout } from 'node:process';
import { finished } from 'node:stream/promises';
import { onNotification } from '../protocol/calls.ts';
import type { Notification } from '../protocol/methods.ts';
import type { Entry } from '../protocol/target.ts';
import type { Helper } from './connect.ts';

/** @returns the exit code as a shell would give it: 128 and the number for a signal */
export const execute = (helper: Helper, entry: Entry): Promise<number> =>
  stdin.isTTY && stdout.isTTY ? inTerminal(helper, entry) : inPipes(helper, entry);

async function inTerminal(helper: Helper, entry: Entry): Promise<number> {
  const ended = endOf(helper, 'terminal/exited');
  const size = () => ({ columns: Math.max(1, stdout.columns), rows: Math.max(1, stdout.rows) });
  const { terminal, token, notices } = await helper.request('terminal/open', { ...entry, size: size() });
  for (const notice of notices) stderr.write(`burrow: ${notice}\n`);
  const stream = await helper.stream(token);
  const resized = (): void => {
    // The terminal may have ended a moment ago.
    helper.request('terminal/resize', { terminal, size: size() }).catch(() => undefined);
  };
  stdout.on('resize', resized);
  stdin.setRawMode(true);
  try {
    stdin.pipe(stream);
    stream.pipe(stdout, { end: false });
    await finished(stream, { writable: false });
    return await ended;
  } finally {
    stdin.setRawMode(false);
    stdin.unpipe(stream).pause();
    stdout.off('resize', resized);
    stream.destroy();
  }
}

async function inPipes(helper: Helper, entry: Entry): Promise<number> {
  const ended = endOf(helper, 'process/exited');
  const opened = await helper.request('process/open', entry);
  const [input, output, errors] = await Promise.all([opened.stdin, opened.stdout, opened.stderr].map(token => helper.stream(token)));
  if (!input || !output || !errors) throw new Error('three streams');
  for (const notice of opened.notices) stderr.write(`burrow: ${notice}\n`);
  input.on('error', () => undefined); // the command does not read any more
  stdin.pipe(input);
  output.pipe(stdout, { end: false });
  errors.pipe(stderr, { end: false });
  const code = await ended;
  await Promise.all([output, errors].map(each => finished(each, { writable: false })));
  stdin.unpipe(input).pause();
  for (const each of [input, output, errors]) each.destroy();
  return code;
}

/** The code of the only command that this connection starts; also when the helper dies. */
function endOf(helper: Helper, name: 'terminal/exited' | 'process/exited'): Promise<number> {
  return new Promise((resolve, reject) => {
    const exited = ({ exitCode, signal }: Notification<'terminal/exited'> | Notification<'process/exited'>): void =>
      resolve(exitCode ?? 128 + (Object.entries(constants.signals).find(([symbol]) => symbol === signal)?.[1] ?? 0));
    onNotification(helper.wire, name, exited);
    helper.wire.onClose(() => reject(new Error('the helper ended')));
  });
}
