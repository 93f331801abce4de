import * as z from 'zod';

/**
 * Why a request failed. `kind` is what a program decides on, `message` is the one sentence a person
 * reads: what could not be done to which object, and why.
 */
export const Failure = z.object({
  kind: z.enum([
    'gone', // the object ended or was removed in the meantime
    'unknown', // there never was one of that name
    'denied', // the kernel or the helper's policy refuses this caller
    'taken', // a name, an address or a subnet is in use
    'invalid', // the request or the definition is wrong
    'unsupported', // this kernel or host cannot do it
    'no-command', // nothing to execute at that path inside the target
    'system', // any other system call that failed
  ]),
  message: z.string(),
  /** The system call and the errno's symbol, where one is behind it: `unshare`, `EPERM`. */
  syscall: z.string().optional(),
  errno: z.string().optional(),
  /** The object the call was about. */
  subject: z.string().optional(),
  /** The line of the plan, counted from 1, at which making a sandbox failed. */
  step: z.int().optional(),
  /** What helps, as a second sentence. */
  hint: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;

/** The JSON-RPC error code of every {@link Failure}; JSON-RPC reserves the negative ones. */
export const failureCode = 1;
