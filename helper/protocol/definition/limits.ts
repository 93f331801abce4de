import * as z from 'zod';
import { SizeBytes, SizeOrNoneBytes } from './sizes.ts';

const resources = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

const Value = z.union([z.int().min(0), z.literal('unlimited')]);
const Rlimit = z.union([
  Value,
  z
    .strictObject({ soft: Value, hard: Value })
    .refine(
      ({ soft, hard }) => hard === 'unlimited' || (soft !== 'unlimited' && soft <= hard),
      'must have a soft limit that is not above the hard one',
    ),
]);

/** The limits that control groups keep: they can be changed while the sandbox runs. */
export const CgroupLimits = z.strictObject({
  memory: SizeBytes.refine(bytes => bytes >= 1 << 20, 'must be at least 1M')
    .optional()
    .describe('Memory of all processes together, like "256M". What needs more is killed.'),
  swap: SizeOrNoneBytes.optional().describe(
    'Swap of all processes together, like "64M"; none when memory is limited and this is left out.',
  ),
  cpu: z.number().min(0.01).max(1024).optional().describe('Processors, like 0.5 or 2: what all processes together may use of them.'),
  processes: z.int().min(1).max(4_194_304).optional().describe('Processes and threads together. What is above is refused with EAGAIN.'),
  ioWeight: z.int().min(1).max(10_000).optional().describe('Its share of the disk beside others, 100 is usual.'),
});
export type CgroupLimits = z.infer<typeof CgroupLimits>;

export const Limits = CgroupLimits.extend({
  files: z.int().min(3).max(1_048_576).optional().describe('Files that a process may have open.'),
  rlimits: z
    .partialRecord(z.enum(resources), Rlimit)
    .optional()
    .describe('Limits of each process by their names in setrlimit(2), like {"core": 0, "stack": {"soft": 8388608, "hard": "unlimited"}}.'),
  wallSeconds: z.number().min(0.01).max(31_536_000).optional().describe('How long a run may take; then all of it is killed.'),
  cpuSeconds: z
    .number()
    .min(0.01)
    .max(31_536_000)
    .optional()
    .describe('Processor time of a run, of all processes together; then all of it is killed.'),
});
export type Limits = z.infer<typeof Limits>;
