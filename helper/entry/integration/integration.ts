// A shell that tells the editor where it is, when a command begins and how it ended: the sequences of VS Code's shell
// integration (OSC 633). Nothing is written into the target: the script comes in a variable, which the shell takes out
// of its environment again, or in a descriptor, which it closes before anything of the person's runs.
import { bash } from './bash.ts';
import { fish } from './fish.ts';

export interface Integration {
  /** Arguments besides its name. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** It has the startup directory open, as {@link STARTUP_FD}. */
  readonly hasDirectory: boolean;
}

/** Above all that a shell or its scripts use by number. */
export const STARTUP_FD = 200;

const SCRIPT = 'BURROW_SHELL_INTEGRATION';

const integrations: Readonly<Record<string, Integration>> = {
  // Bash evaluates this one before its first prompt, after all that the person has written for it.
  bash: { words: [], environment: { PROMPT_COMMAND: `eval "$${SCRIPT}"`, [SCRIPT]: bash }, hasDirectory: false },
  fish: { words: ['--init-command', `eval "$${SCRIPT}"`], environment: { [SCRIPT]: fish }, hasDirectory: false },
  zsh: { words: [], environment: { ZDOTDIR: `/proc/self/fd/${STARTUP_FD}` }, hasDirectory: true },
};

/** @param program of the shell. @returns undefined for one that has no way */
export function integrationOf(program: string): Integration | undefined {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return Object.hasOwn(integrations, name) ? integrations[name] : undefined;
}
