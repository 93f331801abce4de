// Lines that a person is given for a shell. Each works as it stands.

// A path may hold anything.
const quoted = (word: string): string => (/^[\w@%+:,./=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export const shellLine = (words: readonly string[]): string => words.map(quoted).join(' ');

/** What executes the `burrow` command. */
export interface Runner {
  /** Absolute, as the others: sudo looks for a name along a path of its own, secure_path in sudoers(5). */
  readonly node: string;
  /** Desktop VS Code's executable, which is a Node only when asked to be one. */
  readonly isElectron: boolean;
  readonly script: string;
}

export const runnerWords = ({ node, isElectron, script }: Runner): string[] => [
  ...(isElectron ? ['env', 'ELECTRON_RUN_AS_NODE=1'] : []),
  node,
  script,
];

/** For a person who is no root. */
export const sudoLine = (runner: Runner, words: readonly string[]): string => shellLine(['sudo', ...runnerWords(runner), ...words]);
