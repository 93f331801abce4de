import { getSystemErrorName } from 'node:util';
import type { Failure } from '../protocol/failure.ts';

/** A system call that failed. `subject` names the object as a person would: `net of pid 812`. */
export class SysError extends Error {
  override readonly name = 'SysError';
  readonly syscall: string;
  /** The symbol, `EPERM`. */
  readonly errno: string;
  readonly subject: string;
  constructor(syscall: string, errno: number, subject: string) {
    const symbol = errnoName(errno);
    super(`${syscall}: ${subject}: ${symbol}`);
    this.syscall = syscall;
    this.errno = symbol;
    this.subject = subject;
  }
}

/** A request that cannot be met, already in the words that the person reads. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly failure: Failure;
  constructor(kind: Failure['kind'], message: string, more: Partial<Failure> = {}) {
    super(message);
    this.failure = { ...more, kind, message };
  }
}

/** `EPERM` for 1; `errno 600` for a number that has no name. */
export function errnoName(errno: number): string {
  const name = getSystemErrorName(-errno);
  if (name === 'ENOTSUP') return 'EOPNOTSUPP'; // one number, two names: the kernel's is the latter
  return /^E[A-Z0-9]+$/.test(name) ? name : `errno ${errno}`;
}

/** What each errno means to a person, where the symbol alone does not say it. */
const meaning: Readonly<Record<string, string>> = {
  EPERM: 'this needs more privileges',
  EACCES: 'permission denied',
  ENOENT: 'it does not exist',
  ESRCH: 'it ended a moment ago',
  ENOSPC: 'a limit of the kernel is reached (/proc/sys/user, or the disk is full)',
  ENODEV: 'this kernel does not have it',
  EOPNOTSUPP: 'this kernel does not have it',
  EEXIST: 'it exists already',
  EBUSY: 'it is in use',
  EUSERS: 'namespaces are nested too deeply',
  ENOMEM: 'the kernel has no memory for it',
  EMFILE: 'too many files are open',
  E2BIG: 'arguments and environment are too large',
};

const kinds: Readonly<Record<string, Failure['kind']>> = {
  EPERM: 'denied',
  EACCES: 'denied',
  ESRCH: 'gone',
  ENODEV: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOSYS: 'unsupported',
};

/** The sentence for a failed call: `doing` is what could not be done, as in "Could not open a terminal in web". */
export function sentence(doing: string, error: SysError): string {
  return `${doing}: ${error.subject}: ${meaning[error.errno] ?? 'the kernel refused'} (${error.syscall}: ${error.errno}).`;
}

/** Node's own errors carry the same facts under other names. */
function fromNode(error: unknown): SysError | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('errno' in error)) return undefined;
  if (typeof error.syscall !== 'string' || typeof error.errno !== 'number') return undefined;
  const subject = 'path' in error && typeof error.path === 'string' ? error.path : 'file';
  return new SysError(error.syscall, -error.errno, subject);
}

/** The symbol of a call that failed, by koffi or by Node; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof SysError) return error.errno;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Has the file system no room, or this user none? */
export const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '');

/** Is the object itself gone? A process may end between any two looks at it, and that is no failure of the look. */
export const hasVanished = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes(errnoOf(error) ?? '');

/** Every failure that leaves the helper passes here. `doing` begins the sentence of one that has none of its own. */
export function toFailure(error: unknown, doing: string): Failure {
  if (error instanceof Refusal) return error.failure;
  const call = error instanceof SysError ? error : fromNode(error);
  if (!call) return { kind: 'system', message: `${doing}: ${error instanceof Error ? error.message : String(error)}.` };
  const { syscall, errno, subject } = call;
  return { kind: kinds[errno] ?? 'system', message: sentence(doing, call), syscall, errno, subject };
}
