import * as z from 'zod';
import { AbsolutePath, PlainText } from '../target.ts';

export const Root = z.union([
  z.enum(['discard', 'readonly', 'host', 'empty']),
  z.strictObject({
    directory: AbsolutePath.describe('A directory that holds a root file system, with /proc, /sys, /dev and /run in it.'),
    readonly: z.boolean().default(true).describe('Nothing can be written to it from inside.'),
  }),
  z.strictObject({
    archive: AbsolutePath.describe(
      'A tar archive of a root file system, also compressed. It is unpacked for this sandbox and removed with it.',
    ),
  }),
  z.strictObject({
    image: AbsolutePath.describe('A directory in the OCI image layout. It is unpacked for this sandbox and removed with it.'),
    reference: PlainText.min(1).max(256).optional().describe('Which image of it, when it holds several.'),
  }),
]);
export type Root = z.infer<typeof Root>;
