import type { Failure } from '../../helper/protocol/failure.ts';
import { HelperFailure } from '../../helper/protocol/helper-failure.ts';
import type { CommandId } from '../command-ids.ts';
import { visible } from '../hostile-text.ts';
import type { Subject } from '../subject.ts';
import { ConnectionLost, LaunchFailed, NotRunning, OtherVersion, Refused, Unreadable } from './errors.ts';

/** A button under an error: a command to run, or a text for the clipboard. */
export type Button =
  | { readonly title: string; readonly command: CommandId; readonly argument?: unknown }
  | { readonly title: string; readonly copy: string };

export interface Explanation {
  /** One sentence, or two where the second one says what helps. */
  readonly message: string;
  readonly buttons: readonly Button[];
}

/** What was tried when the error came. */
export interface Attempt {
  readonly subject?: Subject;
  /** Whether the helper that answered is root. */
  readonly privileged?: boolean;
}

const startHelper: Button = { title: 'Start Helper', command: 'burrow.helper.start' };
const showLog: Button = { title: 'Show Log', command: 'burrow.helper.showLog' };
const refresh: Button = { title: 'Refresh', command: 'burrow.view.refresh' };

/** What helps when a system call was refused, where the helper does not say it itself. `*` is any call. */
const hints: Readonly<Record<string, string>> = {
  'unshare EPERM':
    'See kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces in sysctl.',
  'clone EPERM':
    'See kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns and user.max_user_namespaces in sysctl.',
  'unshare ENOSPC': 'The limits are user.max_*_namespaces in sysctl.',
  'clone ENOSPC': 'The limits are user.max_*_namespaces in sysctl.',
  'mount ENOSPC': 'The limit is fs.mount-max in sysctl, not the disk.',
  'move_mount ENOSPC': 'The limit is fs.mount-max in sysctl, not the disk.',
  'setns EPERM': 'The user namespace that owns it is not one that the helper has rights in.',
  '* EMFILE': 'Too many files are open in the helper; restarting it helps.',
  '* ENFILE': 'Too many files are open on this machine.',
  '* ENOMEM': 'This machine has no memory left for it.',
};

const hintFor = ({ syscall, errno }: Failure): string | undefined => hints[`${syscall} ${errno}`] ?? hints[`* ${errno}`];

/** Which buttons a failure gets, by its kind. */
const buttonsFor: Readonly<Record<Failure['kind'], (attempt: Attempt, failure: Failure) => readonly Button[]>> = {
  gone: () => [refresh],
  unknown: () => [refresh],
  denied: ({ privileged }) => (privileged ? [showLog] : [{ title: 'Start Root Helper', command: 'burrow.helper.start' }]),
  taken: () => [],
  invalid: () => [],
  unsupported: () => [],
  'no-command': ({ subject, privileged }) => {
    const about = subject ? { argument: subject } : {};
    const tools: Button = { title: "Use This Machine's Tools", command: 'burrow.terminal.openWithTools', ...about };
    return [...(privileged ? [tools] : []), { title: 'Choose a Command', command: 'burrow.terminal.openIn', ...about }];
  },
  system: (_attempt, failure) => [showLog, { title: 'Copy Details', copy: JSON.stringify(failure, null, 2) }],
};

/** Ends as a sentence does, whoever wrote it. */
function sentence(text: string): string {
  const line = visible(text.trim(), 1000);
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

function explainFailure(failure: Failure, attempt: Attempt): Explanation {
  const hint = failure.hint ?? hintFor(failure);
  return {
    message: [failure.message, ...(hint ? [hint] : [])].map(sentence).join(' '),
    buttons: buttonsFor[failure.kind](attempt, failure),
  };
}

/** What a person reads about an error, and what they can do about it. */
export function explain(error: unknown, attempt: Attempt = {}): Explanation {
  if (error instanceof HelperFailure) return explainFailure(error.failure, attempt);
  if (error instanceof Refused) return { message: sentence(error.message), buttons: [] };
  if (error instanceof NotRunning) return { message: error.message, buttons: [startHelper] };
  if (error instanceof ConnectionLost) return { message: error.message, buttons: [startHelper, showLog] };
  if (error instanceof OtherVersion) {
    return { message: error.message, buttons: [{ title: 'Restart Helper', command: 'burrow.helper.restart' }] };
  }
  if (error instanceof LaunchFailed) {
    const byHand: readonly Button[] = error.line === undefined ? [] : [{ title: 'Copy Command', copy: error.line }];
    return { message: sentence(error.message), buttons: [...byHand, { title: 'Try Again', command: 'burrow.helper.start' }, showLog] };
  }
  if (error instanceof Unreadable) {
    return { message: error.message, buttons: [{ title: 'Restart Helper', command: 'burrow.helper.restart' }, showLog] };
  }
  // A stack helps nobody who reads a notification; the log has it.
  return { message: sentence((error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''), buttons: [showLog] };
}
