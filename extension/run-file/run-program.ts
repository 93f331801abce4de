import type { Definition } from '../../helper/protocol/definition/definition.ts';
import type { MethodName, ParamsInput, Result } from '../../helper/protocol/methods.ts';
import type { Sandbox } from '../../helper/protocol/model.ts';
import type { Report } from '../../helper/protocol/report.ts';
import type { EndedRun, Runs } from '../runs.ts';
import { endingWords } from '../terminal/messages.ts';
import type { Program } from '../terminal/shell.ts';
import { reportLines } from './report-words.ts';

const offer = 'any key closes, Enter runs it again';

/** The part of the session that a run needs. */
export interface Sandboxes {
  readonly runs: Runs;
  request<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>>;
  onDidEndRun(handler: (ended: EndedRun) => void): { dispose(): void };
  /** Shows it without waiting for the helper to tell of it. */
  takeIn(sandbox: Sandbox): void;
}

/** A program to be run: everything but the name of its sandbox, which each run chooses anew. */
export interface Order {
  readonly program: string;
  /** @throws Refused */
  define(): Definition;
  readonly notices: readonly string[];
}

interface End {
  readonly definition: Definition | undefined;
  readonly report: Report;
  readonly stopped: boolean;
}

/** One program in a sandbox that is there only for it. */
export function runProgram(session: Sandboxes, { program, define, notices }: Order): Program<End> {
  const definitions = new Map<string, Definition>();
  return {
    offer,
    start: async size => {
      const definition = define();
      const { sandbox, streams } = await session.request('sandbox/open', { definition, size });
      if (!('terminal' in streams)) throw new Error('the helper opened streams where a terminal was asked for');
      definitions.set(sandbox.id, definition);
      const { wallSeconds } = definition.limits;
      session.runs.begin({ sandbox: sandbox.id, program, wallSeconds, began: Date.now() });
      session.takeIn(sandbox);
      return { ...streams, notices: [...notices, ...sandbox.notices], id: sandbox.id };
    },
    onDidEnd: handler =>
      session.onDidEndRun(({ sandbox, report, stopped }) => handler(sandbox, { definition: definitions.get(sandbox), report, stopped })),
    farewell: end => {
      if (!end) return { lines: [endingWords(undefined)], closes: false };
      const { definition, report, stopped } = end;
      return {
        lines: reportLines({ name: definition?.name ?? program, limits: definition?.limits ?? {}, report, stopped }),
        closes: false,
      };
    },
    // Whatever it started goes with it.
    hangUp: ({ id }) => session.request('sandbox/remove', { sandbox: id }),
  };
}
