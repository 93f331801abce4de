// A command that is not there, said in the words of who asked for it.
import type { StageFailed } from '../stage/run.ts';
import { Refusal } from '../sys/errors.ts';
import { shells } from './shells.ts';

/**
 * @param label what it was to run in: `pid 812`, or the name of a sandbox
 * @returns undefined when that is not what failed
 */
export function noCommand({ syscall, errno }: StageFailed, command: readonly string[] | undefined, label: string): Refusal | undefined {
  if (syscall !== 'execve' || !['ENOENT', 'EACCES', 'ENOTDIR'].includes(errno)) return undefined;
  const message = command
    ? `${label} has no command ${JSON.stringify(command[0])}${errno === 'EACCES' ? ' that may be executed' : ''}.`
    : `${label} has no shell: none of ${shells.map(([path]) => path).join(', ')} is there.`;
  return new Refusal('no-command', message, {
    syscall,
    errno,
    subject: command?.[0] ?? 'shell',
    hint: command ? 'Choose a command that exists there.' : "Bring this machine's programs along, or choose a command that exists there.",
  });
}
