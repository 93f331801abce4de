// As whom a sandbox's own command runs, known before there is a sandbox.
import { constants, openSync } from 'node:fs';
import { Entered } from '../entry/entered.ts';
import { type Identity, identify } from '../entry/identity.ts';
import { type Caller, openDirectoryAs } from '../image/as-caller.ts';
import type { Unpacked } from '../plan/facts.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { O_PATH } from '../sys/flags.ts';
import type { Ids } from './ids.ts';

/**
 * Names are those of the sandbox's own /etc/passwd. An archive that is not unpacked yet has none, and its names are looked up then.
 * @throws Refusal as identify does
 */
export function identityIn(
  { name, root, user }: Definition,
  { uids, gids }: Ids,
  unpacked: Unpacked | undefined,
  caller: Caller,
): Identity {
  using entered = new Entered(name);
  entered.takesPlace = true;
  if (uids.length > 0) {
    entered.uidMap = [...uids];
    entered.gidMap = [...gids];
  }
  if (typeof root === 'object' && 'directory' in root) entered.root = held(() => openDirectoryAs(caller, root.directory));
  else if (unpacked) entered.root = held(() => openSync(unpacked.into, O_PATH | constants.O_DIRECTORY));
  if (entered.root === undefined && unpacked && user !== undefined && !/^\d/.test(user)) return { uid: 0, gid: 0, name: user, home: '/' };
  return identify(entered, user);
}

/** What cannot be opened the stage says, when it takes the same with the same rights. */
function held(open: () => number): number | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return undefined;
    throw error;
  }
}
