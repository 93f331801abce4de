// The label that a security module holds a process to, and how a command comes to have the same.
import { existsSync } from 'node:fs';
import { type ProcessFile, processText } from '../sys/process-files.ts';

export interface LsmLabel {
  /** As a person knows it: `docker-default`. */
  readonly text: string;
  /** The file below /proc/PID/attr that takes the label of what is executed next, and what to write to it. */
  readonly attribute: string;
  readonly value: string;
}

/** apparmor(7): `docker-default (enforce)`; aa_change_onexec(2). */
const APPARMOR = 'apparmor';

/** Without a security module these files are there, and cannot be read (EINVAL); that stays so until the machine boots again. */
let isThereOne: boolean | undefined;

/** @param proc `/proc/812`. @returns undefined for one that no module confines */
export function labelOf(proc: string): LsmLabel | undefined {
  isThereOne ??= read('self', 'attr/current') !== undefined;
  return isThereOne ? readLabel(proc) : undefined;
}

export function readLabel(proc: string): LsmLabel | undefined {
  // Since Linux 5.8 AppArmor has files of its own, which it keeps when another module has the old ones.
  const own = existsSync(`${proc}/attr/${APPARMOR}`) ? (`${APPARMOR}/` as const) : '';
  const current = read(proc, `attr/${own}current`);
  if (current === undefined || current === 'unconfined' || current === 'kernel') return undefined;
  const profile = /^(.+) \((?:enforce|complain|kill|prompt|mixed|unconfined)\)$/.exec(current)?.[1];
  if (profile !== undefined || own !== '')
    return { text: profile ?? current, attribute: `${own}exec`, value: `exec ${profile ?? current}` };
  return { text: current, attribute: 'exec', value: current }; // SELinux: setexeccon(3)
}

function read(proc: string, file: ProcessFile): string | undefined {
  try {
    return processText(proc, file, 'latin1').replace(/[\n\0]+$/, '') || undefined;
  } catch {
    return undefined;
  }
}
