// Root file systems that come out of an archive or an image.
import { mkdirSync } from 'node:fs';
import type { Caller } from '../image/as-caller.ts';
import { unpack } from '../image/unpack.ts';
import type { Facts } from '../plan/facts.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { identityIn } from './identity.ts';

export interface Prepared {
  readonly definition: Definition;
  readonly facts: Facts;
  /** How many of the plan's first steps are done with it. */
  readonly done: number;
}

/** Records and unpacks, if there is anything to unpack: only then is known what an image says of its command and user. */
export async function unpackFor(definition: Definition, facts: Facts, caller: Caller, record: () => void): Promise<Prepared> {
  const { unpacked, uids, gids } = facts;
  if (!unpacked) return { definition, facts, done: 0 };
  record();
  mkdirSync(unpacked.into, { recursive: true, mode: 0o700 });
  const { config } = await unpack(
    {
      source: { kind: unpacked.kind, path: unpacked.from, ...(unpacked.reference !== undefined && { reference: unpacked.reference }) },
      caller,
      into: unpacked.into,
      maps: { uids, gids },
    },
    AbortSignal.timeout(UNPACK_MS),
  );
  const whole: Definition = {
    ...definition,
    environment: { ...config?.environment, ...definition.environment },
    ...(definition.command === undefined && config?.command && { command: [...config.command] }),
    ...(definition.directory === '/' && config?.directory !== undefined && { directory: config.directory }),
    ...(definition.user === undefined && config?.user !== undefined && { user: config.user }),
  };
  return { definition: whole, facts: { ...facts, identity: identityIn(whole, { uids, gids }, unpacked, caller) }, done: 2 };
}

const UNPACK_MS = 600_000;
