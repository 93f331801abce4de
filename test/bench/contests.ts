import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readSync } from 'node:fs';
import type { Helper } from '../../helper/client/connect.ts';
import { openPty } from '../../helper/entry/pty.ts';
import { readable } from '../../helper/sys/libc.ts';
import { inRepository } from '../support/repository.ts';
import { type Contest, run } from './measure.ts';

const size = { columns: 80, rows: 24 };

export const snapshot = (helper: Helper, processes: string): Contest => ({
  what: `list all namespaces, ${processes}`,
  burrow: () => helper.request('namespaces/snapshot', {}),
  against: 'lsns',
  other: async () => run('lsns', '--json', '--output', 'NS,TYPE,PATH,NPROCS,PID,PPID,COMMAND,UID,USER'),
  rounds: 30,
});

/** @param pid the init of a container */
export const terminal = (helper: Helper, pid: number): Contest => ({
  what: 'terminal in a container, to the first byte of its prompt',
  burrow: async () => {
    const { token } = await helper.request('terminal/open', { target: { pid }, size, command: ['/bin/sh'] });
    const stream = await helper.stream(token);
    await once(stream, 'data');
    stream.destroy();
  },
  against: 'nsenter on a terminal of its own',
  other: () => untilPrompt('nsenter', '--target', String(pid), '--all', '/bin/sh'),
  rounds: 30,
});

/** The time of ending it is not counted by either. */
async function untilPrompt(...command: readonly string[]): Promise<void> {
  const { master, slave } = openPty(undefined, size, 0, 0);
  const shell = spawn('setsid', ['--ctty', ...command], { stdio: [slave, slave, slave] });
  closeSync(slave);
  await readable(master, 10_000);
  readSync(master, Buffer.alloc(1));
  closeSync(master);
  leftBehind.push(shell);
}

const leftBehind: ChildProcess[] = [];

/** Shells whose terminal was closed end by themselves; this waits for them. */
export async function collectShells(): Promise<void> {
  await Promise.all(leftBehind.map(each => (each.exitCode ?? each.signalCode) === null && once(each, 'exit')));
}

export const command = (helper: Helper, pid: number): Contest => ({
  what: 'run true in a container',
  burrow: () => helper.request('process/run', { target: { pid }, command: ['/bin/true'] }),
  against: 'nsenter',
  other: async () => run('nsenter', '--target', String(pid), '--all', '/bin/true'),
  rounds: 50,
});

export const sandbox = (helper: Helper): Contest => ({
  what: 'make and remove a sandbox: 8 namespaces, /proc, tmpfs, host name, veth with addresses',
  burrow: async () => {
    const { id } = await helper.request('sandbox/create', { definition: { name: 'bench' } });
    await helper.request('sandbox/remove', { sandbox: id });
  },
  against: 'a shell script with unshare, ip and nsenter',
  other: async () => run('sh', inRepository('test/bench/sandbox.sh')),
  rounds: 30,
});
