// What a sandbox uses, and how a run in it ended.
import * as z from 'zod';

/** Each is absent where this host does not count it. */
export const Usage = z.object({
  cpuSeconds: z.number().optional(),
  memoryBytes: z.number().optional(),
  memoryPeakBytes: z.number().optional(),
  processes: z.int().optional(),
  /** How many of its processes were killed for want of memory. */
  killedForMemory: z.int().optional(),
  /** How many times a new process was refused. */
  refusedProcesses: z.int().optional(),
});
export type Usage = z.infer<typeof Usage>;

/** How a process ended: one of the two. `signal` is the symbol, `SIGKILL`. */
export const Ending = { exitCode: z.int().optional(), signal: z.string().optional() };

/** The limit that ended a run. */
export const EndedBy = z.enum(['memory', 'cpuSeconds', 'wallSeconds', 'fsize']);
export type EndedBy = z.infer<typeof EndedBy>;

/** One run of a command in a sandbox, from its start until its end. */
export const Report = Usage.extend({
  ...Ending,
  wallSeconds: z.number(),
  /** Missing when none did. */
  endedBy: EndedBy.optional(),
  /** What the person should know: limits that this host cannot keep. */
  notices: z.array(z.string()),
});
export type Report = z.infer<typeof Report>;
