// The seccomp filters of the process whose place a command takes, for who asks for them and not for Burrow's own.
import { Refusal } from '../sys/errors.ts';
import { processText } from '../sys/process-files.ts';
import { parseStat, statusField } from '../sys/procfs.ts';
import type { Entered } from './entered.ts';
import { isFiltered } from './powers.ts';
import type { Probes } from './probes.ts';

/**
 * Has them installed in the command. Where no filter holds the process there is nothing to do, and a sandbox's are
 * known without looking.
 * @throws Refusal `invalid` where no place is taken, `denied` or `unsupported` where they cannot be read or had
 */
export async function takeFilters(entered: Entered, { filtersOf }: Probes): Promise<void> {
  const { resident, takesPlace, terms, label } = entered;
  if (terms) return;
  if (!resident || !takesPlace)
    throw new Refusal('invalid', `A command beside ${label} has no seccomp filter of a process: it takes nobody's place.`, {
      subject: label,
      hint: 'Join mnt too, with the programs in there, or leave "filter" out.',
    });
  if (!isFiltered(resident)) return;
  if (process.getuid?.() !== 0)
    throw new Refusal('denied', `The seccomp filter of ${label} cannot be read: the helper does not run as root.`, { subject: label });
  if (resident.is32Bit)
    throw new Refusal('unsupported', `The seccomp filter of ${label} is for a program of 32 bits, and would end whatever enters with it.`, {
      subject: label,
      hint: 'Leave "filter" out.',
    });
  const filters = await filtersOf(resident.thread, Number(statusField(resident.status, 'Seccomp_filters')), label);
  if (startOf(resident.thread) !== resident.start) throw new Refusal('gone', `${label} ended a moment ago.`, { subject: label });
  entered.filters = filters;
}

/** Had it ended before, another one that got its number would have been read. */
function startOf(thread: number): number | undefined {
  try {
    return parseStat(processText(thread, 'stat', 'latin1')).start;
  } catch {
    return undefined;
  }
}

/** Of a stage that its filters do not let do what is left to it. */
export const tooStrict = (label: string, { syscall, errno }: { readonly syscall: string; readonly errno: string }): Refusal =>
  new Refusal('denied', `The seccomp filter of ${label} lets nothing be started under it.`, {
    syscall,
    errno,
    subject: label,
    hint: 'Leave "filter" out: Burrow\'s own then holds it.',
  });
