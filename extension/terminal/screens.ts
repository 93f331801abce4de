import { type Disposable, type Pseudoterminal, type Terminal, TerminalExitReason, window } from 'vscode';
import { setContext } from '../context.ts';
import type { Session } from '../session.ts';
import type { Inside } from './inside.ts';
import type { ProgramTerminal } from './pseudoterminal.ts';
import { WindowIdentity } from './window.ts';

interface Screen {
  readonly inside: Inside;
  readonly pty: ProgramTerminal;
  /** The editor makes it, and leaves its panel closed when that was. */
  readonly ofProfile: boolean;
}

/** By what the editor hands back of a terminal, also of one that it made itself from a profile. */
const screens = new WeakMap<Pseudoterminal, Screen>();

/** Whoever closes a window wants its terminals to be there again; who closes a terminal does not. */
const wantsItGone: Readonly<Record<TerminalExitReason, boolean>> = {
  [TerminalExitReason.Unknown]: false,
  [TerminalExitReason.Shutdown]: false,
  [TerminalExitReason.Process]: true,
  [TerminalExitReason.User]: true,
  [TerminalExitReason.Extension]: true,
};

function screenOf(terminal: Terminal | undefined): Screen | undefined {
  const options = terminal?.creationOptions;
  return options && 'pty' in options ? screens.get(options.pty) : undefined;
}

/** What a terminal of Burrow's is in; undefined for any other one. */
export const insideOf = (terminal: Terminal | undefined): Inside | undefined => screenOf(terminal)?.inside;

export function recordScreen(session: Session, screen: Screen): void {
  screens.set(screen.pty, screen);
  new WindowIdentity(session.storage.workspace).hadTerminals = true;
}

/** Follows which terminals are there: those that the person closed end, and one that is looked at can be split. */
export function registerScreens(session: Session): Disposable[] {
  const look = (terminal: Terminal | undefined): void => void setContext('burrow.terminal.active', insideOf(terminal) !== undefined);
  look(window.activeTerminal);
  return [
    window.onDidChangeActiveTerminal(look),
    window.onDidOpenTerminal(terminal => {
      if (screenOf(terminal)?.ofProfile) terminal.show(false);
    }),
    window.onDidCloseTerminal(terminal => {
      const screen = screenOf(terminal);
      if (!screen || !wantsItGone[terminal.exitStatus?.reason ?? TerminalExitReason.Unknown]) return;
      screen.pty.hangUp();
      if (!window.terminals.some(each => each !== terminal && screenOf(each))) {
        new WindowIdentity(session.storage.workspace).hadTerminals = false;
      }
    }),
  ];
}
