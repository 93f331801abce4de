// What a person may choose from for a terminal in a target.
import type { Result } from '../protocol/methods.ts';
import type { Target } from '../protocol/target.ts';
import { asWhom } from './as-whom.ts';
import { usualDirectory, viewOf } from './entry-plan.ts';
import { readAccounts } from './identity.ts';
import { shellsIn } from './shells.ts';
import { enter, type World } from './target.ts';

/** A list that nobody would read to its end: the file is the target's own. */
const MOST_USERS = 200;

/** @throws Refusal as enter does */
export async function choicesIn(target: Target, world: World): Promise<Result<'terminal/choices'>> {
  using entered = await enter(target, world);
  const as = asWhom(entered, undefined);
  const { identity } = as;
  return {
    user: identity.name ?? `${identity.uid}:${identity.gid}`,
    directory: usualDirectory(entered, as, viewOf(entered, undefined, '/')),
    users: readAccounts(entered)
      .map(({ name }) => name)
      .slice(0, MOST_USERS),
    shells: shellsIn(entered, identity.shell),
  };
}
