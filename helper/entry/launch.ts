// Starts a command inside a target: check → take handles → act → give back.
import { closeSync, openSync, statSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import type { Entry } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { inodeOf } from '../sys/namespaces.ts';
import { type AsWhom, asWhom } from './as-whom.ts';
import type { Attempt, Command } from './command.ts';
import type { Entered } from './entered.ts';
import { startupDirectory } from './integration/startup-directory.ts';
import { noCommand } from './no-command.ts';
import { noticesFor } from './notices.ts';
import { powersBeside } from './powers.ts';
import { type EntryPlan, entryProgram, groupOf, handleOf, OWN_MOUNTS, OWN_PROC, rootOf, STARTUP_DIRECTORY } from './program.ts';
import { attemptsFor, isThere } from './shells.ts';
import { enter, type World } from './target.ts';
import { shownAt, viewFor } from './view.ts';

const USUAL_UMASK = 0o022;

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

export interface LaunchWorld extends World {
  /** A directory of the helper's that may be covered where a command sees the host's files: what it needs is shown below. */
  readonly cover: string;
}

export interface Launch extends Entry {
  /** A shell that can is to tell the editor where it is. */
  readonly shellIntegration?: boolean | undefined;
}

/** @throws Refusal `no-command` when there is nothing to execute; otherwise see enter, asWhom and stage */
export async function launch(entry: Launch, world: LaunchWorld, stdio: Stdio, onEnd: (ending: Ending) => void): Promise<Launched> {
  requireTools(entry.tools);
  using entered = await enter(entry.target, world, { foreignTools: entry.tools !== undefined });
  const as = asWhom(entered, entry.user);
  const plan = planFor(entered, as, entry, world, stdio.terminal);
  using handles = new Handles(entered, plan);
  const notices = noticesFor(entered, as, plan);
  const given = stdio.open(entered, as);
  const start = (each: EntryPlan): Promise<number> => stage({ program: entryProgram(each), stdio: given, handles: handles.all, onEnd });
  try {
    const pid = await start(plan).catch((error: unknown) => {
      const missed = missedDirectory(error, plan.command);
      if (missed === undefined) throw error;
      notices.push(missed);
      return start({ ...plan, command: { ...plan.command, directory: '/' } });
    });
    return { pid, label: entered.label, joined: [...plan.types], notices };
  } catch (error) {
    throw explained(error, entry, entered.label);
  } finally {
    for (const fd of new Set(given)) closeSync(fd);
  }
}

/** @throws Refusal for what nobody could take programs from */
function requireTools(directory: string | undefined): void {
  if (directory === undefined) return;
  if (process.getuid?.() !== 0)
    throw new Refusal('unsupported', 'Only the root helper can bring programs along into a target.', { hint: 'Start the root helper.' });
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory())
    throw new Refusal('invalid', `${directory} is no directory of this machine that programs could come from.`, { subject: directory });
}

function planFor(entered: Entered, as: AsWhom, entry: Launch, { cover }: LaunchWorld, terminal: boolean): EntryPlan {
  const { terms, resident, namespaces, label, takesPlace } = entered;
  const privileged = process.getuid?.() === 0;
  const types = [...namespaces.keys()].filter(type => type !== 'mnt' || entry.tools === undefined);
  const net = namespaces.get('net');
  const tools = entry.tools === undefined ? undefined : { directory: entry.tools, cover };
  const seesHost = !types.includes('mnt') && privileged;
  const view = seesHost ? viewFor(new Set(types), net === undefined ? undefined : inodeOf(net), tools) : undefined;
  const own = as.isResident ? resident : undefined;
  const wish = { command: entry.command, login: entry.login ?? false, integration: (entry.shellIntegration ?? false) && hasProc(entered) };
  const attempts = attemptsFor(wish, as.identity.shell);
  return {
    types,
    label,
    hasRoot: takesPlace && entered.root !== undefined,
    privileged,
    as,
    places: terms?.places ?? [],
    memberships: entered.memberships,
    view,
    hasMounts: namespaces.has('mnt'),
    hasStartupDirectory: privileged && startsWithDirectory(entered, attempts),
    lsm: takesPlace ? resident?.label : undefined,
    command: {
      terminal,
      directory: entry.directory ?? (tools ? shownAt(tools) : (terms?.directory ?? own?.directory ?? as.identity.home)),
      directoryMayMiss: false,
      umask: terms?.umask ?? (takesPlace ? resident?.umask : undefined) ?? USUAL_UMASK,
      identity: as.identity,
      isAlready: !as.isMapped,
      confinement: powersBeside(entered).confinement,
      attempts,
      mortal: false,
      environment: {
        ...(terms ? {} : own?.environment),
        ...terms?.environment,
        ...(tools && { BURROW_TARGET: shownAt(tools) }),
        ...entry.environment,
      },
    },
  };
}

/** Without it a shell would not find what it is handed by descriptor, nor the person's own files then. */
const hasProc = (entered: Entered): boolean => isThere(entered, '/proc/version');

/** Only when the shell that wants it is the first that is there: another one would not close it. */
const startsWithDirectory = (entered: Entered, attempts: readonly Attempt[]): boolean =>
  attempts.find(({ program }) => isThere(entered, program))?.hasStartupDirectory ?? false;

/** The descriptors that a program names, and those of this machine among them. */
class Handles implements Disposable {
  readonly all: ReadonlyMap<string, number>;
  readonly #own: number[] = [];

  constructor({ namespaces, root, memberships, label }: Entered, { view, hasMounts, lsm, hasStartupDirectory }: EntryPlan) {
    const hold = (path: string, flags: string | number): number => {
      const fd = openSync(path, flags);
      this.#own.push(fd);
      return fd;
    };
    this.all = new Map([
      ...[...namespaces].map(([type, fd]) => [handleOf(type, label), fd] as const),
      ...memberships.map(({ path, fd }) => [groupOf(path), fd] as const),
      ...(root === undefined ? [] : [[rootOf(label), root] as const]),
      ...(view?.tools && hasMounts ? [[OWN_MOUNTS, hold('/proc/self/ns/mnt', 'r')] as const] : []),
      ...(hasStartupDirectory ? [[STARTUP_DIRECTORY, startupDirectory()] as const] : []),
      ...(lsm ? [[OWN_PROC, hold('/proc', O_PATH)] as const] : []),
    ]);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#own) closeSync(fd);
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

function explained(error: unknown, { command }: Entry, label: string): unknown {
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
  return noCommand(error, command, label) ?? error;
}
