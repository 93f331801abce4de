import { commands, EventEmitter, type Pseudoterminal, type TerminalDimensions } from 'vscode';
import type { Size } from '../../helper/protocol/target.ts';
import type { Session } from '../session.ts';
import { type Helper, type Program, type Screen, Shell } from './shell.ts';

/** The kernel refuses terminals without a column or a row; the workbench has such ones while a panel opens. */
const sizeOf = ({ columns, rows }: TerminalDimensions): Size => ({
  columns: Math.min(Math.max(columns, 1), 4096),
  rows: Math.min(Math.max(rows, 1), 4096),
});

const helperOf = (session: Session): Helper => ({
  request: (method, params) => session.request(method, params),
  openStream: token => session.openStream(token),
  onDidDisconnect: handler =>
    session.onDidChangeState(({ kind }) => {
      if (kind !== 'running') handler();
    }),
});

/**
 * The window takes what the extension host sends in order and never says how far it is. A command that
 * does nothing is answered only after the output before it, later the busier the window is.
 */
const windowCaughtUp = (): Thenable<unknown> => commands.executeCommand('setContext', 'burrow.terminal.flowing', true);

/** A terminal for the editor. */
export interface ProgramTerminal extends Pseudoterminal {
  /** Ends what runs in it. */
  hangUp(): void;
}

/** @param explain what the person reads in the terminal when it could not be opened */
export function pseudoterminal<E>(session: Session, program: Program<E>, explain: (error: unknown) => string): ProgramTerminal {
  const written = new EventEmitter<string>();
  const closed = new EventEmitter<number | undefined>();
  const screen: Screen = {
    write: text => written.fire(text),
    caughtUp: windowCaughtUp,
    close: exitCode => closed.fire(exitCode),
    explain,
  };
  const shell = new Shell(helperOf(session), program, screen);
  return {
    onDidWrite: written.event,
    onDidClose: closed.event,
    open: dimensions => shell.open(dimensions && sizeOf(dimensions)),
    handleInput: text => shell.input(text),
    setDimensions: dimensions => shell.resize(sizeOf(dimensions)),
    hangUp: () => shell.hangUp(),
    close: () => {
      shell.close();
      written.dispose();
      closed.dispose();
    },
  };
}
