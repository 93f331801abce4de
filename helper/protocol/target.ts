import * as z from 'zod';
import { NamespaceReference, NamespaceType, Pid } from './model.ts';

const types = z.array(NamespaceType).min(1).optional();

/**
 * What a terminal or a command enters. `types` narrows it to some of the namespaces; without it all
 * that differ from the helper's own are joined. `start` (see Process) makes a stale pid refuse, `id`
 * (see Namespace) an inode that is another namespace's by now. `thread` is one of the process's whose
 * namespaces are meant instead of its own.
 */
export const Target = z.union([
  z.strictObject({ pid: Pid, start: z.int().optional(), thread: Pid.optional(), types }),
  z.strictObject({ sandbox: z.string().min(1), types }),
  z.strictObject({ container: z.string().min(1), types }),
  z.strictObject({ namespaces: z.array(NamespaceReference).min(1), types }),
]);
export type Target = z.infer<typeof Target>;

/** Reads `1000`, `1000:100` or a name as login(1) knows it; nothing else means a user (CVE-2026-30892). */
export const User = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,9})(?::(?:0|[1-9]\d{0,9}))?$|^[a-z_][a-z0-9_.-]{0,31}$/i, 'is neither UID, UID:GID nor a user name')
  .refine(user => user.split(':').every(id => !/^\d/.test(id) || Number(id) < 0xffff_ffff), 'is above the highest user id');

/** A NUL would end the string early for the kernel: `/tmp\0/etc` would mean `/tmp`. */
export const PlainText = z.string().refine(value => !value.includes('\0'), 'holds a NUL character');

export const AbsolutePath = PlainText.max(4095).regex(/^\//, 'must be an absolute path');

export const Environment = z.record(PlainText.regex(/^[^=]+$/, 'is no name of a variable'), PlainText);

/**
 * What runs inside a target: without `command` a shell that exists there, without `user`, `environment` and
 * `directory` as the process whose place it takes.
 */
export const Entry = z.strictObject({
  target: Target,
  command: z.array(PlainText).min(1).optional(),
  /** The shell reads what it reads at login. */
  login: z.boolean().optional(),
  user: User.optional(),
  /** Besides what it has otherwise. */
  environment: Environment.optional(),
  directory: AbsolutePath.optional(),
  /** Whose programs there are, when not the target's: a root directory of this machine, `/` for its own. */
  tools: AbsolutePath.optional(),
  /** Which seccomp filter holds it: that of the process whose place it takes, which is stopped for a moment to read it. Else Burrow's own. */
  filter: z.literal('own').optional(),
});
export type Entry = z.infer<typeof Entry>;

/** Sizes of a terminal in character cells; what the kernel's winsize can hold and a program can draw. */
export const Size = z.strictObject({ columns: z.int().min(1).max(4096), rows: z.int().min(1).max(4096) });
export type Size = z.infer<typeof Size>;
