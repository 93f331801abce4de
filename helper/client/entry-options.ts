// What `burrow exec` is told of a command, in the words of the protocol.
import type { Entry } from '../protocol/target.ts';
import { Refusal } from '../sys/errors.ts';

export interface EntryOptions {
  readonly user?: string;
  readonly workdir?: string;
  readonly env?: readonly string[];
  readonly login?: boolean;
  readonly tools?: string;
  readonly filter?: string;
}

/** @throws Refusal `invalid` for a variable that is none, and for a filter that there is not */
export function entryOf({ user, workdir, env, login, tools, filter }: EntryOptions): Omit<Entry, 'target'> {
  return {
    ...(user !== undefined && { user }),
    ...(workdir !== undefined && { directory: workdir }),
    ...(env && { environment: Object.fromEntries(env.flatMap(variableOf)) }),
    ...(login && { login }),
    ...(tools !== undefined && { tools }),
    ...(filter !== undefined && { filter: own(filter) }),
  };
}

function own(word: string): 'own' {
  if (word !== 'own') throw new Refusal('invalid', `${JSON.stringify(word)} is no filter: use own.`, { subject: word });
  return word;
}

/** `NAME=VALUE`; `NAME` alone is as it is here, and nothing when it is not here, as with docker exec. */
function variableOf(word: string): [string, string][] {
  const at = word.indexOf('=');
  if (at > 0) return [[word.slice(0, at), word.slice(at + 1)]];
  if (at === 0 || word === '') throw new Refusal('invalid', `${JSON.stringify(word)} is no variable: use NAME=VALUE.`, { subject: word });
  const value = process.env[word];
  return value === undefined ? [] : [[word, value]];
}
