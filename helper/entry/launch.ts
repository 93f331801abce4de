// Starts a command inside a target: check → take handles → act → give back.
import { closeSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import type { Entry } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { type AsWhom, asWhom } from './as-whom.ts';
import type { Command } from './command.ts';
import type { Entered } from './entered.ts';
import { type Circumstances, type Launch, planFor } from './entry-plan.ts';
import { Handles } from './handles.ts';
import { requireRunning } from './memberships.ts';
import { noCommand } from './no-command.ts';
import { noticesFor } from './notices.ts';
import { takeFilters, tooStrict } from './own-filters.ts';
import { type EntryPlan, entryProgram } from './program.ts';
import { enter, type World } from './target.ts';
import { requireTools } from './tools.ts';

export interface Launched {
  readonly pid: number;
  /** What it runs in, as a person calls it. */
  readonly label: string;
  readonly joined: NamespaceType[];
  readonly notices: string[];
}

/** Makes the descriptors 0, 1 and 2 of the command once it is known as whom it runs; they are closed here. */
export interface Stdio {
  readonly terminal: boolean;
  readonly open: (entered: Entered, as: AsWhom) => readonly [number, number, number];
}

export type LaunchWorld = World & Pick<Circumstances, 'cover'>;

/** @throws Refusal `no-command` when there is nothing to execute; otherwise see enter, asWhom and stage */
export async function launch(entry: Launch, world: LaunchWorld, stdio: Stdio, onEnd: (ending: Ending) => void): Promise<Launched> {
  if (entry.tools !== undefined) requireTools(entry.tools);
  using entered = await enter(entry.target, world, { foreignTools: entry.tools !== undefined });
  if (entry.filter === 'own') await takeFilters(entered);
  const as = asWhom(entered, entry.user);
  const plan = planFor(entered, as, entry, { ...world, ...stdio });
  using handles = new Handles(entered, plan);
  const given = stdio.open(entered, as);
  const start = (each: EntryPlan): Promise<number> => stage({ program: entryProgram(each), stdio: given, handles: handles.all, onEnd });
  try {
    const started = start(plan);
    const notices = [...noticesFor(entered, as, plan), ...lostDirectory(entered, as, entry)]; // while the stage is at work
    const pid = await started.catch((error: unknown) => {
      const missed = missedDirectory(error, plan.command);
      if (missed === undefined) throw error;
      notices.push(missed);
      return start({ ...plan, command: { ...plan.command, directory: '/' } });
    });
    return { pid, label: entered.label, joined: [...plan.types], notices };
  } catch (error) {
    if (!(error instanceof StageFailed)) requireRunning(entered.memberships, entered.label);
    throw explained(error, entry, entered.label);
  } finally {
    for (const fd of new Set(given)) closeSync(fd);
  }
}

/** Of a process that is nowhere below its own root: the command begins in `/`, unless it is told to begin elsewhere. */
function lostDirectory({ resident, terms }: Entered, { isResident }: AsWhom, { directory, tools }: Launch): string[] {
  const isOwn = isResident && !terms && directory === undefined && tools === undefined;
  return isOwn && resident?.directory === undefined ? [`the directory of ${resident?.name} is out of reach; this is /`] : [];
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
