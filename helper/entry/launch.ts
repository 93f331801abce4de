// Starts a command inside a target: check → take handles → act → give back.
import { closeSync, constants, statSync } from 'node:fs';
import type { NamespaceType } from '../protocol/model.ts';
import type { Entry } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { StageFailed, stage } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import { openInRoot } from '../sys/in-root.ts';
import { statusField } from '../sys/procfs.ts';
import { type Identity, identify } from './identity.ts';
import { noCommand } from './no-command.ts';
import { noticesFor } from './notices.ts';
import { powersBeside } from './powers.ts';
import { entryProgram, handleOf, rootOf } from './program.ts';
import { type Entered, enter, type World } from './target.ts';

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
  readonly open: (entered: Entered, identity: Identity) => readonly [number, number, number];
}

/** @throws Refusal `no-command` when there is nothing to execute; otherwise see enter, identify and stage */
export async function launch(entry: Entry, world: World, stdio: Stdio, onEnd: (ending: Ending) => void): Promise<Launched> {
  using entered = await enter(entry.target, world);
  const { terms } = entered;
  const identity = identify(entered, entry.user ?? terms?.user);
  const joined = [...entered.namespaces.keys()];
  const { capabilities, confinement } = powersBeside(entered);
  const notices = noticesFor(entered, joined, capabilities);
  const directory = entry.directory ?? terms?.directory ?? identity.home;
  if (entry.directory !== undefined && !hasDirectory(entered, entry.directory))
    notices.push(`there is no directory ${entry.directory}; this is /`);
  const program = entryProgram({
    types: joined,
    label: entered.label,
    hasRoot: entered.root !== undefined,
    privileged: process.getuid?.() === 0,
    groups: groupsOf(entered),
    places: terms?.places ?? [],
    command: {
      terminal: stdio.terminal,
      directory,
      umask: terms?.umask ?? USUAL_UMASK,
      identity,
      confinement,
      command: entry.command,
      mortal: false,
      environment: { ...terms?.environment, ...entry.environment },
    },
  });
  const handles = new Map([...entered.namespaces].map(([type, fd]) => [handleOf(type, entered.label), fd]));
  if (entered.root !== undefined) handles.set(rootOf(entered.label), entered.root);
  const given = stdio.open(entered, identity);
  try {
    return { pid: await stage({ program, stdio: given, handles, onEnd }), label: entered.label, joined, notices };
  } catch (error) {
    throw explained(error, entry, entered.label);
  } finally {
    for (const fd of new Set(given)) closeSync(fd);
  }
}

/** In a user namespace those of the process beside it: they are its user's outside, and losing one may open what it shuts (CVE-2014-8989). */
function groupsOf({ status, namespaces }: Entered): number[] {
  if (status === undefined || !namespaces.has('user')) return [];
  return statusField(status, 'Groups')?.split(' ').filter(Boolean).map(Number) ?? [];
}

/** Only for the notice; the stage tries again by itself, and stays in `/`. */
function hasDirectory({ root }: Entered, directory: string): boolean {
  try {
    if (root === undefined) return statSync(directory).isDirectory();
    closeSync(openInRoot(root, directory, O_PATH | constants.O_DIRECTORY));
    return true;
  } catch {
    return false;
  }
}

const FORKS: ReadonlySet<string> = new Set(['clone', 'clone3']);

function explained(error: unknown, { command }: Entry, label: string): unknown {
  if (!(error instanceof StageFailed)) return error;
  const { syscall, errno } = error;
  // A pid namespace whose init has ended takes no process any more, and that is how the kernel says so.
  if (FORKS.has(syscall) && errno === 'ENOMEM')
    return new Refusal('gone', `${label} ended a moment ago.`, { syscall, errno, subject: label });
  if (FORKS.has(syscall) && errno === 'EAGAIN')
    return new Refusal('denied', `${label} may have no more processes: a limit is reached.`, { syscall, errno, subject: label });
  return noCommand(error, command, label) ?? error;
}
