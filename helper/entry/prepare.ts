// What comes before a stage enters a target: it is looked at, and taken hold of. All that may wait for a file system of the
// target's own, or for a process in it, is here, so that a thread can do it that may be given up.
import { closeSync, readlinkSync } from 'node:fs';
import type { Size, Target } from '../protocol/target.ts';
import { reopenPath } from '../sys/in-root.ts';
import { type AsWhom, asWhom } from './as-whom.ts';
import { closeHoldings, type Entered, type Holdings } from './entered.ts';
import { type Launch, planFor } from './entry-plan.ts';
import { noticesFor } from './notices.ts';
import { takeFilters } from './own-filters.ts';
import type { EntryPlan } from './program.ts';
import { openPty, type Pty } from './pty.ts';
import { enter, type World } from './target.ts';
import { requireTools } from './tools.ts';

export interface Wish {
  readonly entry: Launch;
  /** A directory of the helper's that may be covered where a command sees the host's files. */
  readonly cover: string;
  /** Of the terminal that is to be descriptors 0, 1 and 2; without it there is none. */
  readonly size?: Size | undefined;
}

/** Plain data, which can go to another thread. The descriptors are the receiver's. */
export interface Prepared extends Holdings {
  readonly plan: EntryPlan;
  readonly notices: readonly string[];
  readonly terminal: Pty | undefined;
}

/** @throws Refusal as enter, takeFilters and asWhom do */
export async function prepare({ entry, cover, size }: Wish, world: World): Promise<Prepared> {
  if (entry.tools !== undefined) requireTools(entry.tools);
  using entered = await enter(entry.target, world, entry.tools);
  if (entry.filter === 'own') await takeFilters(entered, world.probes);
  const as = asWhom(entered, entry.user);
  const planned = planFor(entered, as, entry, { cover, terminal: size !== undefined });
  const notices = [...noticesFor(entered, as, planned), ...lostDirectory(entered, as, entry)];
  const terminal = size && openPty(entered.tools === undefined ? entered.root : undefined, size, as.outside.uid, as.outside.gid);
  const plan = terminal ? withTerminal(planned, terminal) : planned;
  return { ...entered.release(), plan, notices, terminal };
}

/** What nobody is there to receive any more. */
export function giveUp(prepared: Prepared): void {
  if (prepared.terminal) closePty(prepared.terminal);
  closeHoldings(prepared);
}

/** Namespaces for others than a command. */
export interface Taken extends Holdings, Pick<Entered, 'brought' | 'tools' | 'member' | 'uidMap' | 'gidMap'> {}

/** @throws Refusal as enter does */
export async function take(target: Target, world: World): Promise<Taken> {
  using entered = await enter(target, world);
  const { brought, tools, member, uidMap, gidMap } = entered;
  return { ...entered.release(), brought, tools, member, uidMap, gidMap };
}

/** Its own terminal is the only one that a command sees in a closed view. */
function withTerminal(plan: EntryPlan, terminal: Pty): EntryPlan {
  const { view } = plan;
  if (!view?.closed) return plan;
  try {
    return { ...plan, view: { ...view, closed: { ...view.closed, terminal: readlinkSync(reopenPath(terminal.slave)) } } };
  } catch (error) {
    closePty(terminal);
    throw error;
  }
}

function closePty({ master, slave }: Pty): void {
  for (const fd of [master, slave]) closeSync(fd);
}

/** Of a process that is nowhere below its own root: the command begins in `/`, unless it is told to begin elsewhere. */
function lostDirectory({ resident, terms, tools }: Entered, { isResident }: AsWhom, { directory }: Launch): string[] {
  const isOwn = isResident && !terms && directory === undefined && tools === undefined;
  return isOwn && resident?.directory === undefined ? [`the directory of ${resident?.name} is out of reach; this is /`] : [];
}
