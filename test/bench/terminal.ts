// Into a container: a terminal, and a command.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readSync } from 'node:fs';
import type { Helper } from '../../helper/client/connect.ts';
import { openPty } from '../../helper/entry/pty.ts';
import { readable } from '../../helper/sys/libc.ts';
import { Fixture } from '../support/fixture.ts';
import { hold, run, timed } from './measure.ts';
import { withHelper } from './subject.ts';
import { compared, type Row } from './table.ts';

const size = { columns: 80, rows: 24 };

export async function terminal(): Promise<Row[]> {
  const runc = new Fixture('runc');
  const init = runc.start();
  try {
    return await withHelper(async ({ helper }) => [await prompt(helper, init), await command(helper, init)]);
  } finally {
    await collectShells();
    runc.stop();
  }
}

/** @param pid the init of a container */
async function prompt(helper: Helper, pid: number): Promise<Row> {
  const { burrow, nsenter } = await hold(30, {
    burrow: timed(async () => {
      const { token } = await helper.request('terminal/open', { target: { pid }, size, command: ['/bin/sh'] });
      const stream = await helper.stream(token);
      await once(stream, 'data');
      stream.destroy();
    }),
    nsenter: timed(() => untilPrompt('nsenter', '--target', String(pid), '--all', '/bin/sh')),
  });
  return compared('terminal in a container, to the first byte of its prompt', burrow, 'nsenter on a terminal of its own', nsenter);
}

/** The time of ending it is not counted by either. */
async function untilPrompt(...words: readonly string[]): Promise<void> {
  const { master, slave } = openPty(undefined, size, 0, 0);
  const shell = spawn('setsid', ['--ctty', ...words], { stdio: [slave, slave, slave] });
  closeSync(slave);
  await readable(master, 10_000);
  readSync(master, Buffer.alloc(1));
  closeSync(master);
  leftBehind.push(shell);
}

const leftBehind: ChildProcess[] = [];

/** Shells whose terminal was closed end by themselves; this waits for them. */
async function collectShells(): Promise<void> {
  await Promise.all(leftBehind.map(each => (each.exitCode ?? each.signalCode) === null && once(each, 'exit')));
}

async function command(helper: Helper, pid: number): Promise<Row> {
  const { burrow, nsenter } = await hold(50, {
    burrow: timed(() => helper.request('process/run', { target: { pid }, command: ['/bin/true'] })),
    nsenter: timed(() => run('nsenter', '--target', String(pid), '--all', '/bin/true')),
  });
  return compared('run true in a container', burrow, 'nsenter', nsenter);
}
