import * as z from 'zod';
import { AbsolutePath, Environment, PlainText } from './target.ts';

const Ipv4WithPrefix = z
  .string()
  .regex(/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})\/(?:[1-9]|[1-9]\d)$/, 'must be an IPv4 address with a prefix, like 10.201.0.1/30')
  .refine(
    value => value.split(/[./]/).every((part, index) => Number(part) <= (index === 4 ? 30 : 255)),
    'must be an IPv4 address with a prefix of at most 30, like 10.201.0.1/30',
  );

export const SandboxName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    'must be 1 to 32 lower-case letters, digits and dashes, with a letter or digit at both ends',
  );

const Root = z.union([
  z.enum(['discard', 'readonly']),
  z.strictObject({
    directory: AbsolutePath.describe('A directory that holds a root file system, with /proc, /dev and /tmp in it.'),
    readonly: z.boolean().default(true).describe('Nothing can be written to it from inside.'),
  }),
]);

const Mount = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('tmpfs'),
    path: AbsolutePath.describe('Where it appears inside.'),
    sizeBytes: z.int().min(4096).optional().describe('How much it may hold; half of the memory when left out.'),
    mode: z
      .string()
      .regex(/^[0-7]{3,4}$/, 'must be an octal mode like 1777')
      .default('755')
      .describe('The permissions of its root directory.'),
  }),
  z.strictObject({
    type: z.literal('bind'),
    source: AbsolutePath.describe('The directory or file outside.'),
    path: AbsolutePath.describe('Where it appears inside; it must exist there.'),
    readonly: z.boolean().default(true).describe('Nothing can be written to it from inside.'),
  }),
]);

const Network = z.union([
  z.enum(['link', 'none']),
  z.strictObject({
    host: Ipv4WithPrefix.describe("The host's end of the veth pair."),
    address: Ipv4WithPrefix.describe("The sandbox's end, in the same subnet."),
  }),
]);

/** A sandbox as a person writes it down. Every sandbox has all eight namespaces of its own. */
export const Definition = z.strictObject({
  $schema: z.string().optional().describe('Where an editor finds the schema; Burrow ignores it.'),
  name: SandboxName.describe('Names the sandbox; one sandbox of a name at a time.'),
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/, 'must be a host name of at most 64 characters')
    .optional()
    .describe('The host name inside; the name when left out.'),
  users: z
    .enum(['root', 'auto'])
    .default('root')
    .describe('root: only you, as root inside. auto: you as root, and your range of /etc/subuid and /etc/subgid as the users from 1 on.'),
  time: z
    .strictObject({
      monotonicSeconds: z
        .int()
        .min(0)
        .max(2 ** 31)
        .default(0)
        .describe('Added to CLOCK_MONOTONIC inside.'),
      boottimeSeconds: z
        .int()
        .min(0)
        .max(2 ** 31)
        .default(0)
        .describe('Added to CLOCK_BOOTTIME, and so to the uptime, inside.'),
    })
    .prefault({})
    .describe('Offsets of the clocks inside.'),
  root: Root.default('discard').describe(
    "discard: this machine's files, writes go to memory and vanish. readonly: this machine's files, unchangeable. Or a directory.",
  ),
  mounts: z
    .array(Mount)
    .max(64)
    .default([{ type: 'tmpfs', path: '/tmp', mode: '1777' }])
    .describe('Mounted inside, in this order, after /proc, /sys, /dev and /run.'),
  network: Network.default('link').describe(
    'link: a veth pair to the host in a free subnet of 10.201.0.0/16. none: only the loopback. Or the two addresses of the pair.',
  ),
  command: z.array(PlainText).min(1).optional().describe('What `burrow run` executes; a shell when left out.'),
  environment: Environment.default({}).describe('Variables of the command.'),
  directory: AbsolutePath.default('/').describe("The command's working directory inside."),
});
export type Definition = z.infer<typeof Definition>;
/** A definition before its defaults are filled in. */
export type DefinitionInput = z.input<typeof Definition>;
