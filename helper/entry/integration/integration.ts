// A shell that tells the editor where it is, when a command begins and how it ended: the sequences of VS Code's shell
// integration (OSC 633). Nothing is written into the target: the script comes in a variable, which the shell takes out
// of its environment again.
import { bash } from './bash.ts';
import { fish } from './fish.ts';

export interface Integration {
  /** Arguments besides its name. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const SCRIPT = 'BURROW_SHELL_INTEGRATION';

const integrations: Readonly<Record<string, Integration>> = {
  // Bash evaluates this one before its first prompt, after all that the person has written for it.
  bash: { words: [], environment: { PROMPT_COMMAND: `eval "$${SCRIPT}"`, [SCRIPT]: bash } },
  fish: { words: ['--init-command', `eval "$${SCRIPT}"`], environment: { [SCRIPT]: fish } },
};

/** @param name of the shell's program. @returns undefined for one that has no way */
export const integrationOf = (name: string): Integration | undefined =>
  Object.hasOwn(integrations, name) ? integrations[name] : undefined;
