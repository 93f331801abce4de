// Which shell a person gets, and how it is started.
import { closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { O_PATH } from '../sys/flags.ts';
import { openInRoot } from '../sys/in-root.ts';
import { type Attempt, asGiven } from './command.ts';
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
const others = ['/usr/bin/zsh', '/bin/zsh', '/usr/bin/fish', '/bin/fish'];

export interface ShellWish {
  /** What the person asked for; a shell when it is left out. */
  readonly command: readonly string[] | undefined;
  /** It reads what it reads at login: its name then begins with a dash, as login(1) has it. */
  readonly login: boolean;
  /** It tells the editor where it is. */
  readonly integration: boolean;
  /** Whether a shell of that path could be handed a startup directory: one that is there. */
  readonly canHaveDirectory: (program: string) => boolean;
}

/**
 * A command as it is, unless it is nothing but a shell.
 * @param own the account's own shell, which comes before any other
 */
export function attemptsFor(wish: ShellWish, own: string | undefined): Attempt[] {
  const { command, login } = wish;
  if (!command) return [...(own === undefined ? [] : [[own]]), ...shells].map(words => shellAttempt(words, wish));
  const isShell = command.length === 1 && (login || integrationOf(command[0] ?? '') !== undefined);
  return [isShell ? shellAttempt(command, wish) : asGiven(command)];
}

function shellAttempt(words: readonly string[], { login, integration, canHaveDirectory }: ShellWish): Attempt {
  const [program = '', ...more] = words;
  const known = integration ? integrationOf(program) : undefined;
  const integrated = known?.hasDirectory && !canHaveDirectory(program) ? undefined : known;
  const called = login ? `-${program.slice(program.lastIndexOf('/') + 1)}` : program;
  return {
    program,
    words: [called, ...more, ...(integrated?.words ?? [])],
    ...(integrated && { environment: integrated.environment, hasStartupDirectory: integrated.hasDirectory }),
  };
}

/** The shells that are there, for a person to choose from. */
export function shellsIn(entered: Entered, own: string | undefined): string[] {
  const paths = [...(own === undefined ? [] : [own]), ...shells.map(([path = '']) => path), ...others];
  return [...new Set(paths)].filter(path => isThere(entered, path));
}

/** Among the programs that the command will find. */
export function isThere({ root, tools }: Entered, path: string): boolean {
  try {
    if (root === undefined || tools !== undefined) return statSync(join(tools ?? '/', path)).isFile();
    closeSync(openInRoot(root, path, O_PATH));
    return true;
  } catch {
    return false;
  }
}
