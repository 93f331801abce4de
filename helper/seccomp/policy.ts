// A seccomp policy as a file: JSON in the shape that Docker, Podman and runc read, so that theirs can be handed in.
import { constants } from 'node:os';
import * as z from 'zod';
import { firstProblem } from '../protocol/problem.ts';
import { Refusal } from '../sys/errors.ts';
import type { Architecture } from './syscall-table.ts';

/** Without SCMP_ACT_NOTIFY and SCMP_ACT_TRACE: there is nobody who would answer them. */
const Action = z.enum([
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_LOG',
  'SCMP_ACT_TRAP',
]);

export const comparisons = [
  'SCMP_CMP_EQ',
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_GT',
  'SCMP_CMP_GE',
  'SCMP_CMP_MASKED_EQ',
] as const;

/** What seccomp(2) takes; a larger one would become it in silence. */
const MAX_ERRNO = 4095;
const errnos: Readonly<Record<string, number>> = constants.errno;

const ErrnoNumber = z.int().min(0).max(MAX_ERRNO);
/** Podman's profiles name the errno too, and go by the name. */
const ErrnoName = z
  .string()
  .refine(name => Object.hasOwn(errnos, name), 'must be the name of an errno, like EPERM')
  .transform(name => errnos[name] ?? 0);

/** An argument of a system call has 64 bits; a number of JSON is exact up to 2^53 only. */
const Argument = z.union([z.number(), z.string()]).transform((given, context): bigint => {
  const number = typeof given === 'number' ? Number.isSafeInteger(given) : /^(?:0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(given);
  const value = number ? BigInt(given) : -1n;
  if (value >= 0n && value < 1n << 64n) return value;
  context.addIssue('must be a whole number from 0 to 2^53-1, or one up to 2^64-1 as a string like "0xffffffff00000000"');
  return z.NEVER;
});

const Condition = z.strictObject({
  index: z.int().min(0).max(5),
  /** With SCMP_CMP_MASKED_EQ the mask. */
  value: Argument,
  /** With SCMP_CMP_MASKED_EQ what the masked argument is compared with. */
  valueTwo: Argument.default(0n),
  op: z.enum(comparisons),
});
export type Condition = z.infer<typeof Condition>;

const Circumstances = z.strictObject({
  caps: z.array(z.string().regex(/^CAP_[A-Z_]+$/, 'must be a capability, like CAP_SYS_ADMIN')).optional(),
  arches: z.array(z.string()).optional(),
  minKernel: z
    .string()
    .regex(/^\d+\.\d+$/, 'must be a version of Linux, like 4.8')
    .optional(),
});

const Rule = z
  .strictObject({
    names: z.array(z.string().min(1)).min(1),
    action: Action,
    errnoRet: ErrnoNumber.optional(),
    errno: ErrnoName.optional(),
    args: z.array(Condition).nullish(),
    includes: Circumstances.nullish(),
    excludes: Circumstances.nullish(),
    comment: z.string().optional(),
  })
  .superRefine(({ action, errnoRet, errno, args }, context) => {
    // The OCI specification demands it: who wrote it expects an answer that the program will not get.
    if (action !== 'SCMP_ACT_ERRNO' && (errnoRet !== undefined || errno !== undefined))
      context.addIssue({ code: 'custom', path: [errno === undefined ? 'errnoRet' : 'errno'], message: `means nothing with ${action}` });
    // runc takes these for "or" and all others for "and"; a range would pass everything.
    const indices = (args ?? []).map(({ index }) => index);
    const again = indices.findIndex((index, at) => indices.indexOf(index) !== at);
    if (again !== -1)
      context.addIssue({
        code: 'custom',
        path: ['args', again, 'index'],
        message: 'is compared twice in one rule; write a rule for each comparison',
      });
  });

export const Policy = z
  .strictObject({
    defaultAction: Action,
    defaultErrnoRet: ErrnoNumber.optional(),
    defaultErrno: ErrnoName.optional(),
    architectures: z.array(z.string()).optional(),
    archMap: z.array(z.strictObject({ architecture: z.string(), subArchitectures: z.array(z.string()).nullish() })).nullish(),
    syscalls: z.array(Rule).default([]),
  })
  .superRefine(({ defaultAction, defaultErrnoRet, defaultErrno }, context) => {
    if (defaultAction !== 'SCMP_ACT_ERRNO' && (defaultErrnoRet !== undefined || defaultErrno !== undefined))
      context.addIssue({
        code: 'custom',
        path: [defaultErrno === undefined ? 'defaultErrnoRet' : 'defaultErrno'],
        message: `means nothing with ${defaultAction}`,
      });
  });
export type Policy = z.infer<typeof Policy>;
export type PolicyInput = z.input<typeof Policy>;
export type Action = z.infer<typeof Action>;

const architectureNames: Readonly<Record<Architecture, string>> = { x64: 'SCMP_ARCH_X86_64', arm64: 'SCMP_ARCH_AARCH64' };

/**
 * The policy that a file holds.
 * @param file names it in the refusal
 * @throws Refusal `invalid` with the place in the file and what is wrong there
 */
export function readPolicy(text: string, file: string, architecture: Architecture): Policy {
  const refused = (why: string): Refusal => new Refusal('invalid', `${file}: ${why}.`, { subject: file });
  const result = Policy.safeParse(parseJson(text, refused));
  if (!result.success) throw refused(firstProblem(result.error, 'a seccomp policy'));
  const { architectures, archMap } = result.data;
  const ours = architectureNames[architecture];
  const named = architectures ?? archMap?.map(each => each.architecture) ?? [];
  if (named.length > 0 && !named.includes(ours)) {
    throw refused(`${architectures ? 'architectures' : 'archMap'} must name ${ours}, the architecture of this machine`);
  }
  return result.data;
}

function parseJson(text: string, refused: (why: string) => Refusal): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refused(`no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
