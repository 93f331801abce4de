// From what a person calls a process to one that cannot be mistaken for a later one.
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Discovery } from '../discovery/discovery.ts';
import type { FoundContainer } from '../discovery/questions.ts';
import type { Target } from '../protocol/target.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { sys } from '../sys/libc.ts';
import { processText } from '../sys/process-files.ts';
import { parseStat } from '../sys/procfs.ts';

export interface Chosen {
  readonly pid: number;
  readonly start: number | undefined;
  /** One of its threads that is meant instead. */
  readonly thread?: number | undefined;
  readonly label: string;
}

/** @throws Refusal `unknown` when there is no such container, `invalid` when there are several */
export async function processOf(
  target: Exclude<Target, { namespaces: unknown } | { sandbox: unknown }>,
  { discovery }: { readonly discovery: Pick<Discovery, 'containers'> },
): Promise<Chosen> {
  if ('pid' in target) {
    const { pid, start, thread } = target;
    return { pid, start, thread, label: thread === undefined ? `pid ${pid}` : `thread ${thread} of pid ${pid}` };
  }
  const { container, byId = false } = target;
  const found = await discovery.containers(container, byId);
  const [only, ...others] = found;
  if (!only) throw new Refusal('unknown', `There is no container called ${container}.`, { subject: container });
  if (others.length > 0) throw ambiguous(container, found);
  return { pid: only.pid, start: only.start, label: only.name };
}

/** Anybody can give a container any name. */
function ambiguous(name: string, found: readonly FoundContainer[]): Refusal {
  const all = found.map(({ engine, uid = 0, pid }) => `pid:${pid} (${engine}${uid === 0 ? '' : ` of user ${uid}`})`);
  return new Refusal('invalid', `${found.length} containers are called ${name}: ${all.join(', ')}.`, {
    subject: name,
    hint: 'Use the pid of the one that is meant.',
  });
}

/**
 * Reads something of a process. When it is still the same process and the same thread afterwards, all that was read
 * under their numbers was their own.
 * @param proc `/proc/812/task/815`
 * @throws SysError ESRCH when it is not the one meant
 */
export function whileItLives({ pid, start, label }: Chosen, proc: string, read: (began: number) => void): void {
  const startOf = (path: string): number => parseStat(processText(path, 'stat', 'latin1')).start;
  const pidfd = sys('pidfd_open', label, pid, 0);
  try {
    const began = startOf(proc);
    if (start !== undefined && startOf(`/proc/${pid}`) !== start) throw new SysError('pidfd_open', constants.errno.ESRCH, label);
    read(began);
    sys('pidfd_send_signal', label, pidfd, 0);
    if (startOf(proc) !== began) throw new SysError('pidfd_open', constants.errno.ESRCH, label);
  } finally {
    closeSync(pidfd);
  }
}
