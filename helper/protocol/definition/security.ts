import * as z from 'zod';
import { AbsolutePath } from '../target.ts';

export const Security = z.strictObject({
  capabilities: z
    .union([z.literal('all'), z.array(z.string().regex(/^(?:CAP_)?[A-Z_]{2,30}$/, 'must be a capability like CAP_NET_ADMIN')).max(64)])
    .default('all')
    .describe('What root inside may do. "all": everything, within its own user namespace. A list: only these.'),
  noNewPrivileges: z.boolean().default(false).describe('setuid programs and file capabilities give nothing, as sudo.'),
  seccomp: z
    .union([
      z.enum(['default', 'none']),
      z.strictObject({ file: AbsolutePath.describe('A seccomp profile as Docker and OCI runtimes take it.') }),
    ])
    .default('default')
    .describe('"default": system calls that break out of containers are refused. "none": no filter. Or a profile.'),
  umask: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'must be an octal mask like 022')
    .default('022')
    .describe('Permissions that new files do not get.'),
  dumpable: z.boolean().default(true).describe('Processes can be traced by others of the same user, and leave core dumps.'),
});
export type Security = z.infer<typeof Security>;

/** As a number, for umask(2). */
export const umaskOf = ({ umask }: Security): number => Number.parseInt(umask, 8);
