// What a person should know about a shell before typing into it.
import { type NamespaceType, namespaceTypes } from '../protocol/model.ts';
import { statusField } from '../sys/procfs.ts';
import { bitsOf } from './powers.ts';
import type { Entered } from './target.ts';

/** @param capabilities how many the shell can have, see powers.ts */
export function noticesFor(entered: Entered, joined: readonly NamespaceType[], capabilities: number): string[] {
  const power = morePowerful(entered, joined, capabilities);
  return [...whereAmI(entered, joined), ...(power === undefined ? [] : [power])];
}

/** `mnt uts ipc pid net of redis-1; user, cgroup and time are the host's`; nothing when all eight are joined. */
function whereAmI({ label }: Entered, joined: readonly NamespaceType[]): string[] {
  const outside = namespaceTypes.filter(type => !joined.includes(type));
  if (outside.length === 0) return [];
  if (joined.length === 0) return [`${label} shares all namespaces with the host`];
  const list = outside.length === 1 ? outside[0] : `${outside.slice(0, -1).join(', ')} and ${outside.at(-1)}`;
  return [
    `${namespaceTypes.filter(type => joined.includes(type)).join(' ')} of ${label}; ${list} ${outside.length === 1 ? 'is' : 'are'} the host's`,
  ];
}

/** The shell is started beside a process, not by it: it has not given up what that process gave up. */
function morePowerful({ status }: Entered, joined: readonly NamespaceType[], capabilities: number): string | undefined {
  if (status === undefined) return undefined;
  const differences = [];
  if (statusField(status, 'Seccomp') !== '0') differences.push('no seccomp filter');
  const theirs = bitsOf(statusField(status, 'CapEff')).length;
  // In a user namespace of its own a new shell has all capabilities, over that namespace only.
  if (!joined.includes('user') && capabilities > theirs) differences.push(`${capabilities} capabilities (it has ${theirs})`);
  const name = statusField(`\n${status}`, 'Name') ?? 'the process inside';
  return differences.length === 0 ? undefined : `this shell can do more than ${name}: ${differences.join(', ')}`;
}
