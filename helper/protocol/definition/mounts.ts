import * as z from 'zod';
import { AbsolutePath, PlainText } from '../target.ts';
import { SizeBytes } from './sizes.ts';

const Mode = z.string().regex(/^[0-7]{3,4}$/, 'must be an octal mode like 1777');

const MAX_FILE_CHARACTERS = 256 * 1024;

/** Inside, and never with a part that leads back up. */
const Inside = AbsolutePath.refine(path => !path.split('/').includes('..'), 'must not hold ".."').refine(
  path => path.split('/').some(part => part !== '' && part !== '.'),
  'must be below /',
);

const path = Inside.describe('Where it appears inside; it must exist there, unless the root is empty.');
const source = AbsolutePath.describe('The directory or file outside. What you may not reach is refused.');

export const Mount = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('tmpfs'),
    path,
    size: SizeBytes.optional().describe('How much it may hold, like "64M"; half of the memory when left out.'),
    mode: Mode.default('755').describe('The permissions of its root directory.'),
  }),
  z.strictObject({
    type: z.literal('bind'),
    source,
    path,
    readonly: z
      .boolean()
      .default(true)
      .describe('Nothing can be written to it from inside. Sockets and FIFOs in it still lead to who serves them.'),
    idmap: z
      .boolean()
      .default(false)
      .describe('Ids on the disk are those inside, as in a root file system that root unpacked. Only root may ask for it.'),
  }),
  z.strictObject({
    type: z.literal('overlay'),
    lower: z.array(source).min(1).max(32).describe('Directories outside, the uppermost first. They are not written to.'),
    path,
  }),
  z.strictObject({ type: z.enum(['proc', 'sysfs', 'devpts', 'mqueue', 'cgroup2', 'dev']), path }),
  z.strictObject({
    type: z.literal('file'),
    path: Inside.describe('The file inside; it is made where the root can be written to.'),
    content: PlainText.max(MAX_FILE_CHARACTERS).describe('What is in it.'),
    mode: Mode.default('644').describe('Its permissions.'),
  }),
  z.strictObject({
    type: z.enum(['mask', 'readonly']),
    path: Inside.describe('A file or directory inside that is hidden, or made read-only.'),
  }),
]);
export type Mount = z.infer<typeof Mount>;

export const isIdmapped = (each: Mount): each is Extract<Mount, { type: 'bind' }> => each.type === 'bind' && each.idmap;
