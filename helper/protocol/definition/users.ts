import * as z from 'zod';

const HIGHEST_ID = 0xffff_fffe;

/** The kernel takes 340 lines of a map and no more, user_namespaces(7). */
const MAX_LINES = 340;

const Id = z.int().min(0).max(HIGHEST_ID);

const Line = z
  .strictObject({
    inside: Id.describe('The first id as it is inside.'),
    outside: Id.describe('The first id as it is outside; it must be yours, or of your range in /etc/subuid or /etc/subgid.'),
    count: z.int().min(1).max(HIGHEST_ID).default(1).describe('How many ids in a row.'),
  })
  .refine(({ inside, outside, count }) => Math.max(inside, outside) + count - 1 <= HIGHEST_ID, 'reaches beyond the highest id, 4294967294');

type Line = z.infer<typeof Line>;

const overlap = (lines: readonly Line[], side: 'inside' | 'outside'): boolean => {
  const sorted = [...lines].sort((a, b) => a[side] - b[side]);
  return sorted.some((line, index) => {
    const before = sorted[index - 1];
    return before !== undefined && before[side] + before.count > line[side];
  });
};

const IdMap = z
  .array(Line)
  .min(1)
  .max(MAX_LINES)
  .refine(lines => !overlap(lines, 'inside'), 'has lines that overlap inside')
  .refine(lines => !overlap(lines, 'outside'), 'has lines that overlap outside');

export const Users = z.union([
  z.enum(['root', 'auto', 'same']),
  z.strictObject({ uid: IdMap.describe('User ids.'), gid: IdMap.describe('Group ids.') }),
  z.strictObject({ tenant: z.int().min(0).max(65_534).describe('The number of a block of 65,536 ids that is reserved for one tenant.') }),
]);
export type Users = z.infer<typeof Users>;
