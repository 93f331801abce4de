// Keystrokes: alone, among many terminals, and beside a flood.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { Helper } from '../../../helper/client/connect.ts';
import { openPty } from '../../../helper/entry/pty.ts';
import { inRepository } from '../../support/repository.ts';
import { type Echo, typing } from '../discovery/echo.ts';
import type { Subject } from '../subject.ts';
import { type Row, row } from '../table.ts';
import { privateMb } from './memory.ts';

const KEYS = 200;
const MANY = 200;
const size = { columns: 80, rows: 24 };

export async function keys(subject: Subject): Promise<Row[]> {
  const { helper } = subject;
  const terminal = await open(helper, '/bin/cat');
  const local = openLocal();
  try {
    const calm = await typing({ terminal, local: local.echo }, count => count === KEYS);
    const megabytes = await many(subject);
    const flooded = await besideFlood(subject, terminal);
    const above = calm.terminal.medianMs - calm.local.medianMs;
    const alone = { against: 'without a flood', other: calm.terminal.medianMs };
    return [
      row(
        `from a key to its echo, above the ${calm.local.medianMs.toFixed(2)} ms of a pty of this process`,
        above,
        'ms',
        KEYS,
        undefined,
        1,
      ),
      row(`memory of helper and relay for each of ${MANY} terminals`, megabytes, 'MB', 1, undefined, 1),
      row('from a key to its echo while another terminal floods', flooded, 'ms', KEYS, alone, 3),
    ];
  } finally {
    terminal.input.destroy();
    await local.end();
  }
}

/** Its echo is the kernel's: it takes the whole way there and back, and no more. */
async function open(helper: Helper, ...command: readonly string[]): Promise<Echo> {
  const { token } = await helper.request('terminal/open', { target: { pid: process.pid }, size, command: [...command] });
  const stream = await helper.stream(token);
  return { input: stream, output: stream };
}

/** The same with nothing in between. */
function openLocal(): { echo: Echo; end: () => Promise<unknown> } {
  const { master, slave } = openPty(undefined, size, 0, 0);
  const cat = spawn('/bin/cat', { stdio: [slave, slave, slave] });
  closeSync(slave);
  const stream = new ReadStream(master);
  const ended = once(cat, 'exit');
  const end = (): Promise<unknown> => {
    cat.kill('SIGKILL');
    stream.destroy();
    return ended;
  };
  return { echo: { input: stream, output: stream }, end };
}

async function many({ helper, pid }: Subject): Promise<number> {
  const before = privateMb(pid);
  const opened: Echo[] = [];
  for (let count = 0; count < MANY; count++) opened.push(await open(helper, '/bin/cat'));
  for (const { input, output } of opened) {
    const answer = once(output, 'data');
    input.write('typed\n');
    await answer;
  }
  const each = (privateMb(pid) - before) / MANY;
  for (const { input } of opened) input.destroy();
  return each;
}

/** Who reads the flood is another process, which has nothing to do with the keys. */
async function besideFlood({ socket }: Subject, terminal: Echo): Promise<number> {
  const reader = fork(inRepository('out/test/bench/terminal/flood-client.js'), [socket]);
  try {
    await once(reader, 'message');
    const latency = await typing({ terminal }, count => count === KEYS);
    return latency.terminal.medianMs;
  } finally {
    reader.kill();
    await once(reader, 'exit');
  }
}
