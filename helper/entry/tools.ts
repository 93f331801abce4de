import { closeSync, constants, openSync } from 'node:fs';
import { Refusal, toFailure } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';

/**
 * @param directory whose programs are to be brought along into a target
 * @throws Refusal where there are none, or nobody may
 */
export function requireTools(directory: string): void {
  if (process.getuid?.() !== 0)
    throw new Refusal('unsupported', 'Only the root helper can bring programs along into a target.', { hint: 'Start the root helper.' });
  try {
    closeSync(openSync(directory, O_PATH | constants.O_DIRECTORY));
  } catch (error) {
    const { syscall, errno } = toFailure(error, '');
    throw new Refusal('invalid', `${directory} is no directory of this machine that programs could come from.`, {
      subject: directory,
      ...(syscall && { syscall }),
      ...(errno && { errno }),
    });
  }
}
