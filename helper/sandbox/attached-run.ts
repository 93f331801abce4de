// Runs with streams: collected until the end, or connections of the client's own.
import { closeSync } from 'node:fs';
import { offerStreams } from '../entry/offers.ts';
import { collectOutput } from '../entry/output.ts';
import { Pipes } from '../entry/pipes.ts';
import { openPty } from '../entry/pty.ts';
import type { Streams } from '../entry/streams.ts';
import type { Terminals } from '../entry/terminals.ts';
import type { Result } from '../protocol/methods.ts';
import type { Report } from '../protocol/report.ts';
import type { Size } from '../protocol/target.ts';
import { background } from '../sys/background.ts';
import { killAll } from './control.ts';
import { run } from './running.ts';
import type { Making, Sandboxes } from './sandboxes.ts';

/** Calls back when the client that asked has gone, until the returned function is called. */
type OnClose = (handler: () => void) => () => void;

export async function runCollecting(
  sandboxes: Sandboxes,
  making: Making,
  input: string | undefined,
  onClose: OnClose,
): Promise<Result<'sandbox/run'>> {
  const pipes = new Pipes();
  const { stdin, stdout, stderr } = pipes.streams;
  const output = collectOutput(stdout, stderr);
  try {
    stdin.end(input ?? '');
    const { sandbox, report } = await run(sandboxes, making, pipes.inside, false).finally(() => pipes.closeInside());
    const stay = onClose(() => killAll(sandboxes, sandbox.id));
    const told = await report;
    stay();
    return { ...told, ...(await output()) };
  } finally {
    pipes.closeOutside();
  }
}

export interface Attaching {
  readonly terminals: Terminals;
  readonly streams: Streams;
  readonly onClose: OnClose;
  readonly ended: (sandbox: string, report: Report) => void;
}

export async function openRun(
  sandboxes: Sandboxes,
  making: Making,
  size: Size | undefined,
  attaching: Attaching,
): Promise<Result<'sandbox/open'>> {
  return size === undefined ? openInPipes(sandboxes, making, attaching) : openInTerminal(sandboxes, making, size, attaching);
}

async function openInPipes(sandboxes: Sandboxes, making: Making, attaching: Attaching): Promise<Result<'sandbox/open'>> {
  const pipes = new Pipes();
  const running = run(sandboxes, making, pipes.inside, false).finally(() => pipes.closeInside());
  const { sandbox, report } = await running.catch((error: unknown) => {
    pipes.closeOutside();
    throw error;
  });
  follow(sandboxes, sandbox.id, report, attaching);
  return { sandbox, streams: offerStreams(pipes.streams, attaching.streams, making.caller.uid) };
}

async function openInTerminal(sandboxes: Sandboxes, making: Making, size: Size, attaching: Attaching): Promise<Result<'sandbox/open'>> {
  const { caller } = making;
  // Of the host's devpts: the sandbox's own is not there before its command is.
  const { master, slave } = openPty(undefined, size, caller.uid, caller.gid);
  try {
    const { sandbox, report } = await run(sandboxes, making, [slave, slave, slave], true).finally(() => closeSync(slave));
    follow(sandboxes, sandbox.id, report, attaching);
    return { sandbox, streams: attaching.terminals.offer(master, caller.uid) };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

function follow(sandboxes: Sandboxes, id: string, report: Promise<Report>, { onClose, ended }: Attaching): void {
  const stay = onClose(() => killAll(sandboxes, id));
  background('the report of a run', async () => {
    const told = await report;
    stay();
    ended(id, told);
  });
}
