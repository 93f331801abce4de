// As whom a sandbox's own command runs, known before there is a sandbox.
import { constants, openSync } from 'node:fs';
import { type Identity, identify } from '../entry/identity.ts';
import { Entered } from '../entry/target.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { hasVanished } from '../sys/errors.ts';
import { O_PATH } from '../sys/flags.ts';
import type { Unpacked } from './facts.ts';
import type { Ids } from './ids.ts';

/**
 * Names are those of the sandbox's own /etc/passwd. An archive that is not unpacked yet has none, and its names are looked up then.
 * @throws Refusal as identify does
 */
export function identityIn({ name, root, user }: Definition, { uids, gids }: Ids, unpacked: Unpacked | undefined): Identity {
  using entered = new Entered(name);
  if (uids.length > 0) {
    entered.uidMap = [...uids];
    entered.gidMap = [...gids];
  }
  const directory = typeof root === 'object' && 'directory' in root ? root.directory : unpacked?.into;
  if (directory !== undefined) entered.root = open(directory);
  if (entered.root === undefined && unpacked && user !== undefined && !/^\d/.test(user)) return { uid: 0, gid: 0, name: user, home: '/' };
  return identify(entered, user);
}

function open(directory: string): number | undefined {
  try {
    return openSync(directory, O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (hasVanished(error)) return undefined; // the stage says so, with its own rights
    throw error;
  }
}
