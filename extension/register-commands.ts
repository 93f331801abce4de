import { commands, type Disposable } from 'vscode';
import { commandIds } from './command-ids.ts';
import type { Session } from './session.ts';

/** Registers every command. What they do is loaded when the first one is used: most windows use none. */
export const registerCommands = (session: Session): Disposable[] =>
  commandIds.map(id =>
    commands.registerCommand(id, async (argument?: unknown) => {
      const { runCommand } = await import('./commands.ts');
      await runCommand(session, id, argument);
    }),
  );
