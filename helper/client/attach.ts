// `burrow attach`: back to a terminal that was kept.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { stdin, stdout } from 'node:process';
import type { Result } from '../protocol/methods.ts';
import { withoutQueries } from '../protocol/replay.ts';
import { Refusal } from '../sys/errors.ts';
import type { Helper } from './connect.ts';
import { codeOf, connectTerminal, endOf, sizeOfTerminal } from './execute.ts';
import { passOn, print } from './print.ts';

type Kept = Result<'terminal/list'>['terminals'][number];

/** A line for each of the caller's kept terminals. */
export async function listTerminals(helper: Helper): Promise<void> {
  const { terminals } = await helper.request('terminal/list', {});
  for (const { terminal, label, command = [], opened, ...state } of terminals)
    print(`${terminal}  ${opened}  ${stateOf(state)}  ${[label, ...command].map(word => JSON.stringify(word)).join(' ')}`);
}

function stateOf({ attached, ended }: Pick<Kept, 'attached' | 'ended'>): string {
  if (ended) return `ended with ${ended.exitCode ?? ended.signal}`;
  return attached ? 'attached' : 'waiting';
}

/**
 * @param which an id, or as much of its beginning as no other one has
 * @returns the exit code of what runs in it, as a shell would give it
 */
export async function attach(helper: Helper, which: string): Promise<number> {
  if (!stdin.isTTY || !stdout.isTTY) throw new Refusal('invalid', 'burrow attach needs a terminal of its own.');
  const { terminals } = await helper.request('terminal/list', {});
  const { terminal } = choose(terminals, which);
  const exited = endOf(helper, 'terminal/exited');
  const { token, ended } = await helper.request('terminal/attach', { terminal, size: sizeOfTerminal() });
  await connectTerminal(helper, terminal, await helper.stream(token), replay);
  if (ended) return codeOf(ended);
  return await Promise.race([exited, elsewhere(helper, terminal)]);
}

function choose(terminals: readonly Kept[], which: string): Kept {
  const [only, another] = terminals.filter(each => each.terminal.startsWith(which));
  if (!only) throw new Refusal('unknown', `You keep no terminal called ${which}.`, { hint: 'Without a name, attach lists them.' });
  if (another) throw new Refusal('invalid', `Several terminals begin with ${which}.`, { hint: 'Give more of its id.' });
  return only;
}

/** Rejects when the terminal goes on without us; otherwise it never settles. */
async function elsewhere(helper: Helper, terminal: string): Promise<never> {
  const { terminals } = await helper.request('terminal/list', {});
  if (terminals.some(each => each.terminal === terminal && !each.ended))
    throw new Refusal('taken', 'Another client has attached to this terminal.', { subject: terminal });
  return await new Promise(() => undefined);
}

/** What was written before: its length in four bytes, then itself. */
async function replay(stream: Socket): Promise<void> {
  const header = await take(stream, 4);
  if (header.length < 4) return; // it has ended in the meantime
  const bytes = header.readUInt32LE();
  const old = bytes === 0 ? header.subarray(4) : await take(stream, bytes);
  const end = lastWhole(old);
  passOn(withoutQueries(old.toString('utf8', 0, end)));
  passOn(old.subarray(end));
}

/** So many bytes, or fewer where the stream ends. */
async function take(stream: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const part = stream.read(bytes) as Buffer | null;
    if (part) return part;
    if (stream.readableEnded || stream.destroyed) return Buffer.alloc(0);
    await Promise.race([once(stream, 'readable'), once(stream, 'end'), once(stream, 'close')]);
  }
}

/** Where the last character begins of which a part is still to come, in UTF-8. */
function lastWhole(text: Buffer): number {
  for (let back = 1; back <= Math.min(3, text.length); back++) {
    const byte = text[text.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return back < length ? text.length - back : text.length;
  }
  return text.length;
}
