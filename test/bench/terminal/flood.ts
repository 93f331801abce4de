// Much output, through to a client, and to one that does not read.
import { setTimeout as pause } from 'node:timers/promises';
import type { Helper } from '../../../helper/client/connect.ts';
import { hold, timed } from '../measure.ts';
import type { Programs, Running } from '../programs.ts';
import type { Subject } from '../subject.ts';
import { compared, type Row, row } from '../table.ts';
import { Contender } from './contender.ts';
import type { Container } from './docker.ts';
import { privateMb } from './memory.ts';

const BYTES = 100_000_000;
const BLOCK = 10_000;
const ROUNDS = 7;
const DOCKER_ROUNDS = 3;
const IDLE_MS = 10_000;
const size = { columns: 80, rows: 24 };
/** Bytes that a terminal passes on as they are. */
const command = ['dd', 'if=/dev/zero', `bs=${BLOCK}`, `count=${BYTES / BLOCK}`, 'status=none'];

export async function flood(subject: Subject, programs: Programs, { pid, exec }: Container): Promise<Row[]> {
  const { helper } = subject;
  await using direct = new Contender(programs, 'whole', 'nsenter', '--target', String(pid), '--all', ...command);
  await using docker = new Contender(programs, 'whole', ...exec, ...command);
  const reader = programs.start('reader', subject.socket);
  const times = await hold(
    ROUNDS,
    {
      burrow: timed(() => untilEnd(helper, reader, pid)),
      direct: direct.as(),
      docker: docker.as(DOCKER_ROUNDS),
    },
    1,
  );
  await reader.end();
  for (const { bytes } of [direct, docker]) if (bytes < BYTES) throw new Error(`only ${bytes} bytes came`);
  const what = 'a hundred megabytes of output through to a client';
  return [
    // The goals are of the throughput: four fifths of the one, half as much again as the other.
    compared(what, times.burrow, 'a C program that reads the pty itself', times.direct, 1 / 0.8),
    compared(what, times.burrow, 'docker exec -it', times.docker, 1 / 1.5),
    await unread(subject, pid),
  ];
}

async function untilEnd(helper: Helper, reader: Running, pid: number): Promise<void> {
  const { token } = await helper.request('terminal/open', { target: { pid }, size, command });
  const bytes = Number(await reader.ask(`${token}\n`));
  if (bytes !== BYTES) throw new Error(`${bytes} bytes came`);
}

async function unread({ helper, pid: own }: Subject, pid: number): Promise<Row> {
  const before = privateMb(own);
  const { token } = await helper.request('terminal/open', { target: { pid }, size, command: ['yes'] });
  const stream = await helper.stream(token);
  await pause(IDLE_MS);
  const grown = privateMb(own) - before;
  stream.destroy();
  return row(`memory of helper and relay while a client reads nothing of a flood for ${IDLE_MS / 1000} s`, grown, 'MB', 1, undefined, 10);
}
