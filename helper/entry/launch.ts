// Starts a command inside a target: check → take handles → act → give back.
import { closeSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import type { Entry, Size } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import type { Command } from './command.ts';
import { closeHoldings } from './entered.ts';
import type { Launch } from './entry-plan.ts';
import { Handles } from './handles.ts';
import { requireRunning } from './memberships.ts';
import { noCommand } from './no-command.ts';
import { tooStrict } from './own-filters.ts';
import { giveUp, type Prepared } from './prepare.ts';
import { type EntryPlan, entryProgram } from './program.ts';
import type { Pty } from './pty.ts';

export interface Launched {
  readonly pid: number;
  /** What it runs in, as a person calls it. */
  readonly label: string;
  readonly joined: NamespaceType[];
  readonly notices: string[];
}

type Given = readonly [number, number, number];

/** Makes the descriptors 0, 1 and 2 of the command, which are closed here. A terminal's other end is the receiver's. */
export type Stdio =
  | { readonly size: Size; readonly open: (terminal: Pty) => Given }
  /** Called while the target is looked at, when it may still turn out that nothing can be started. */
  | { readonly size?: undefined; readonly open: () => Given };

export interface LaunchWorld {
  /** See prepare.ts: by a thread that is given up when the target holds it. */
  readonly prepare: (entry: Launch, size: Size | undefined) => Promise<Prepared>;
}

/** @throws Refusal `no-command` when there is nothing to execute; otherwise see prepare and stage */
export async function launch(entry: Launch, world: LaunchWorld, stdio: Stdio, onEnd: (ending: Ending) => void): Promise<Launched> {
  const looked = world.prepare(entry, stdio.size);
  const given = await stdioOf(stdio, looked);
  try {
    const prepared = await looked;
    try {
      return await start(entry, prepared, given, onEnd);
    } finally {
      closeHoldings(prepared);
    }
  } finally {
    for (const fd of new Set(given)) closeSync(fd);
  }
}

async function stdioOf(stdio: Stdio, looked: Promise<Prepared>): Promise<Given> {
  try {
    if (stdio.size === undefined) return stdio.open();
  } catch (error) {
    looked.then(giveUp, () => undefined); // of the two failures it is the first
    throw error;
  }
  const prepared = await looked;
  try {
    const { terminal } = prepared;
    if (!terminal) throw new Error('no terminal was made');
    return stdio.open(terminal);
  } catch (error) {
    closeHoldings(prepared);
    throw error;
  }
}

async function start(entry: Launch, prepared: Prepared, given: Given, onEnd: (ending: Ending) => void): Promise<Launched> {
  const { plan, label, memberships } = prepared;
  const notices = [...prepared.notices];
  using handles = new Handles(prepared, plan);
  const begin = (each: EntryPlan): Promise<number> => stage({ program: entryProgram(each), stdio: given, handles: handles.all, onEnd });
  try {
    const pid = await begin(plan).catch((error: unknown) => {
      const missed = missedDirectory(error, plan.command);
      if (missed === undefined) throw error;
      notices.push(missed);
      return begin({ ...plan, command: { ...plan.command, directory: '/' } });
    });
    return { pid, label, joined: [...plan.types], notices };
  } catch (error) {
    if (!(error instanceof StageFailed)) requireRunning(memberships, label);
    throw explained(error, entry, label);
  }
}

const why: Readonly<Record<string, string>> = {
  ENOENT: 'there is no directory',
  ENOTDIR: 'there is no directory',
  EACCES: 'this user may not enter',
};

/** What to say when it was the command's directory that failed: with the command's own rights, as a shell would find it. */
function missedDirectory(error: unknown, { directory }: Command): string | undefined {
  if (!(error instanceof StageFailed) || error.syscall !== 'chdir' || error.subject !== `chdir(${JSON.stringify(directory)})`)
    return undefined;
  return `${why[error.errno] ?? `nobody gets into (${error.errno})`} ${directory}; this is /`;
}

const FORKS: ReadonlySet<string> = new Set(['clone', 'clone3']);

function explained(error: unknown, { command, filter }: Entry, label: string): unknown {
  if (!(error instanceof StageFailed)) return error;
  const { syscall, errno } = error;
  // A pid namespace whose init has ended takes no process any more, and that is how the kernel says so. A control
  // group that was removed says it in its own way.
  if (FORKS.has(syscall) && (errno === 'ENOMEM' || errno === 'ENODEV'))
    return new Refusal('gone', `${label} ended a moment ago.`, { syscall, errno, subject: label });
  if (FORKS.has(syscall) && errno === 'EAGAIN')
    return new Refusal('denied', `${label} may have no more processes: a limit is reached.`, { syscall, errno, subject: label });
  if (syscall === 'execve' && errno === 'E2BIG')
    return new Refusal('invalid', 'The command and its environment are more than the kernel takes.', { syscall, errno, subject: label });
  const missing = noCommand(error, command, label);
  if (missing) return missing;
  // The stage is under the filters when it installs the next one and when it executes the command.
  return filter === 'own' && (syscall === 'seccomp' || syscall === 'execve') ? tooStrict(label, { syscall, errno }) : error;
}
