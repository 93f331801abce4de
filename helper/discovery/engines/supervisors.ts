// The programs that stay above a container, and what their command lines say. That such a process is the parent is the
// kernel's word; what it calls its child is its own, which is enough: nobody can name another's child so.
import type { Process } from '../../protocol/model.ts';
import { processText } from '../../sys/process-files.ts';
import { unlessHeldUp } from '../hold-ups.ts';

/** By the kernel's name for them, 15 bytes. LXC's monitor changes its command line, LXD's and Incus's are daemons of theirs. */
const patterns: readonly RegExp[] = [/^containerd-shim/, /^conmon/, /^systemd-nspawn$/, /^systemd$/, /^(?:runc|crun)/];

const isMonitor = ({ command }: Process): boolean => command.startsWith('[lxc monitor] ');

/** Is what it starts in a mount namespace of its own a container, even in the pid namespace that it is in itself? */
export const isSupervisor = (process: Process): boolean => patterns.some(pattern => pattern.test(process.name)) || isMonitor(process);

/** Is what it starts in any namespace of its own a service? */
export const startsServices = ({ name }: Process): boolean => name === 'systemd';

const COMMAND_LINE_BYTES = 32 << 10;

/** The words of its command line, which {@link Process.command} no longer tells apart. */
export function argumentsOf(process: Process): readonly string[] {
  try {
    const words = (): string[] => processText(process.pid, 'cmdline', 'utf8', COMMAND_LINE_BYTES).replace(/\0+$/, '').split('\0');
    return unlessHeldUp(process, [], words);
  } catch {
    return []; // it has ended
  }
}

/** The value of the first of these options, written `--name value`, `--name=value` or, for one letter, `-nvalue`. */
export function optionOf(words: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    for (const name of names) {
      if (word === name) return words[index + 1];
      const joined = name.startsWith('--') ? `${name}=` : name;
      if (word.startsWith(joined) && (name.startsWith('--') || !word.startsWith('--'))) return word.slice(joined.length);
    }
  }
  return undefined;
}
