// Which shell a person gets who names none.
import { closeSync, statSync } from 'node:fs';
import { O_PATH } from '../sys/flags.ts';
import { openInRoot } from '../sys/in-root.ts';
import type { Attempt } from './command.ts';
import type { Entered } from './entered.ts';
import { integrationOf } from './integration/integration.ts';

/** Where shells are, the better ones first; the last is for images that hold nothing but busybox. */
export const shells: readonly (readonly string[])[] = [
  ['/bin/bash'],
  ['/usr/bin/bash'],
  ['/run/current-system/sw/bin/bash'],
  ['/bin/ash'],
  ['/bin/sh'],
  ['/usr/bin/sh'],
  ['/bin/busybox', 'sh'],
  ['/busybox/sh'],
];

/** Those that a person may want besides. */
const others = ['/usr/bin/fish', '/bin/fish', '/usr/bin/zsh', '/bin/zsh'];

export interface ShellWish {
  /** It reads what it reads at login: its name then begins with a dash, as login(1) has it. */
  readonly login: boolean;
  /** It tells the editor where it is. */
  readonly integration: boolean;
}

/** @param own the account's own shell, which comes before any other */
export const shellAttempts = (own: string | undefined, wish: ShellWish): Attempt[] =>
  [...(own === undefined ? [] : [[own]]), ...shells].map(words => shellAttempt(words, wish));

export function shellAttempt(words: readonly string[], { login, integration }: ShellWish): Attempt {
  const [program = '', ...more] = words;
  const name = program.slice(program.lastIndexOf('/') + 1);
  const integrated = integration && more.length === 0 ? integrationOf(name) : undefined;
  const called = login ? `-${name}` : program;
  return { program, words: [called, ...more, ...(integrated?.words ?? [])], ...(integrated && { environment: integrated.environment }) };
}

/** The shells that are there, for a person to choose from. */
export function shellsIn({ root }: Entered, own: string | undefined): string[] {
  const paths = [...(own === undefined ? [] : [own]), ...shells.map(([path = '']) => path), ...others];
  return [...new Set(paths)].filter(path => isThere(root, path));
}

function isThere(root: number | undefined, path: string): boolean {
  try {
    if (root === undefined) return statSync(path).isFile();
    closeSync(openInRoot(root, path, O_PATH));
    return true;
  } catch {
    return false;
  }
}
