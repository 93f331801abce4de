import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Entry } from '../../helper/protocol/target.ts';
import { type Ending, endedCleanly, endingWords, offer } from './messages.ts';
import type { Program } from './shell.ts';

/** The part of the session that it needs. */
export interface Terminals {
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  onDidEndTerminal(handler: (ending: Ending & { terminal: string }) => void): { dispose(): void };
}

/** A shell or a command in something that exists. */
export const entryProgram = (terminals: Terminals, entry: Entry): Program<Ending> => ({
  offer,
  start: async size => {
    const { terminal, token, notices } = await terminals.request('terminal/open', { ...entry, size });
    return { terminal, token, notices, id: terminal };
  },
  onDidEnd: handler => terminals.onDidEndTerminal(({ terminal, ...ending }) => handler(terminal, ending)),
  farewell: ending => ({ lines: [`${endingWords(ending)}; ${offer}`], closes: endedCleanly(ending) }),
  // The program gets a hangup, as from any terminal.
  hangUp: ({ terminal }) => terminals.request('terminal/close', { terminal }),
});
