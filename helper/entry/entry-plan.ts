// From what was found out about a target, and what is asked for, to what the stage will do.
import type { NamespaceType } from '../protocol/model.ts';
import type { Entry } from '../protocol/target.ts';
import { inodeOf } from '../sys/namespaces.ts';
import type { AsWhom } from './as-whom.ts';
import type { Entered } from './entered.ts';
import { powersBeside } from './powers.ts';
import type { EntryPlan } from './program.ts';
import { attemptsFor, isThere } from './shells.ts';
import { shownAt, type Tools, type View, viewFor } from './view.ts';

const USUAL_UMASK = 0o022;

export interface Launch extends Entry {
  /** A shell that can is to tell the editor where it is. */
  readonly shellIntegration?: boolean | undefined;
}

export interface Circumstances {
  /** A directory of the helper's that may be covered where a command sees the host's files: what it needs is shown below. */
  readonly cover: string;
  /** Descriptor 0 is a terminal. */
  readonly terminal: boolean;
}

export function planFor(entered: Entered, as: AsWhom, entry: Launch, { cover, terminal }: Circumstances): EntryPlan {
  const { terms, resident, namespaces, label, takesPlace } = entered;
  const privileged = process.getuid?.() === 0;
  const types = typesOf(entered);
  const tools = entered.tools === undefined ? undefined : { directory: entered.tools, cover, writable: entry.writable ?? false };
  const view = viewOf(entered, tools, cover);
  const own = as.isResident ? resident : undefined;
  const attempts = attemptsFor(
    {
      command: entry.command,
      login: entry.login ?? false,
      integration: (entry.shellIntegration ?? false) && (tools !== undefined || hasProc(entered)),
      canHaveDirectory: program => privileged && isThere(entered, program),
    },
    as.identity.shell,
  );
  return {
    types,
    label,
    hasRoot: takesPlace && entered.root !== undefined,
    privileged,
    as,
    // Where a process is, its groups are held already.
    places: resident ? [] : (terms?.places ?? []),
    memberships: entered.memberships,
    view,
    hasMounts: namespaces.has('mnt'),
    // Only when the shell that wants it is the first that is there: another one would not close it.
    hasStartupDirectory: attempts.find(({ program }) => isThere(entered, program))?.hasStartupDirectory ?? false,
    lsm: takesPlace ? resident?.label : undefined,
    command: {
      terminal,
      directory: entry.directory ?? (tools ? shownAt(tools) : usualDirectory(entered, as, view)),
      umask: terms?.umask ?? (takesPlace ? resident?.umask : undefined) ?? USUAL_UMASK,
      identity: as.identity,
      isAlready: !as.isMapped,
      confinement: powersBeside(entered).confinement,
      attempts,
      mortal: false,
      environment: {
        ...(terms ? {} : own?.origin.environment),
        ...terms?.environment,
        ...(view?.closed && { HOME: '/tmp' }),
        ...(tools && { BURROW_TARGET: shownAt(tools) }),
        ...entry.environment,
      },
    },
  };
}

/** The namespaces to join. Those of mounts are not, where only files are shown. */
const typesOf = ({ namespaces, tools }: Entered): NamespaceType[] =>
  [...namespaces.keys()].filter(type => type !== 'mnt' || tools === undefined);

/** How the host's files are seen; undefined where they stay as they are, or are not seen. */
export function viewOf(entered: Entered, tools: Tools | undefined, cover: string): View | undefined {
  const types = typesOf(entered);
  const net = entered.namespaces.get('net');
  // Who takes the place of a process sees what that one sees, right or not: its mounts are its own.
  const seesHost = !entered.takesPlace && !types.includes('mnt') && process.getuid?.() === 0;
  return seesHost ? viewFor(new Set(types), net === undefined ? undefined : inodeOf(net), tools, cover) : undefined;
}

/**
 * Where a command begins that is told nothing: of a process that is nowhere below its own root in `/`.
 * @param view has no home where it is closed
 */
export function usualDirectory(
  { terms, resident }: Pick<Entered, 'terms' | 'resident'>,
  { isResident, identity }: AsWhom,
  view?: Pick<View, 'closed'>,
): string {
  if (terms) return terms.directory;
  if (isResident && resident) return resident.directory ?? '/';
  return view?.closed ? '/' : identity.home;
}

/** Without it a shell would not find what it is handed by descriptor, nor the person's own files then. */
const hasProc = (entered: Entered): boolean => isThere(entered, '/proc/version');
