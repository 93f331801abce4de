// What to type for this very command, in the shell of whoever runs it.
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { argv, env, execPath, versions } from 'node:process';
import { type Runner, runnerWords, shellLine } from '../protocol/shell-line.ts';

export const ownRunner: Runner = { node: execPath, isElectron: 'electron' in versions, script: argv[1] ?? '' };

const NAME = 'burrow';

/** Its name where that leads here, as after `npm install --global`; otherwise by paths. */
export function ownName(): string {
  const [first] = (env['PATH'] ?? '').split(delimiter).flatMap(directory => realPath(join(directory, NAME)) ?? []);
  return first !== undefined && first === realPath(ownRunner.script) ? NAME : shellLine(runnerWords(ownRunner));
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
