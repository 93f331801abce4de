import {
  type ExtensionTerminalOptions,
  type Terminal,
  type TerminalEditorLocationOptions,
  type TerminalLocation,
  type TerminalSplitLocationOptions,
  ThemeColor,
  ThemeIcon,
  window,
  workspace,
} from 'vscode';
import type { Target } from '../../helper/protocol/target.ts';
import { explain } from '../helper-client/explain.ts';
import { limitWords } from '../limits.ts';
import { subjectName } from '../names.ts';
import { showError } from '../notify.ts';
import type { Session } from '../session.ts';
import { readSetting } from '../settings.ts';
import { type Subject, targetOf } from '../subject.ts';
import { type Choice, entryOf } from './choice.ts';
import { entryProgram, type MemoryLimit } from './entry-program.ts';
import { type Inside, tagOf } from './inside.ts';
import { lookOf } from './look.ts';
import { pseudoterminal } from './pseudoterminal.ts';
import { recordScreen } from './screens.ts';
import { WindowIdentity } from './window.ts';

type Place = TerminalLocation | TerminalEditorLocationOptions | TerminalSplitLocationOptions;

/** @param through what is entered, where that is not the subject itself */
export function insideFor(session: Session, subject: Subject, choice: Choice, through = subject): Inside {
  const shell = readSetting(workspace.getConfiguration('burrow'), 'terminal.shell');
  return {
    subject,
    name: subjectName(session.machine, subject),
    look: lookOf(subject),
    entry: entryOf(targetOf(through), choice, shell),
  };
}

function memoryLimitOf({ machine }: Session, target: Target): MemoryLimit | undefined {
  const sandbox = 'sandbox' in target ? machine.sandbox(target.sandbox) : undefined;
  const amount = sandbox && limitWords('memory', sandbox.limits);
  return sandbox && amount ? { sandbox: sandbox.id, words: `memory limit of ${sandbox.name}, ${amount}` } : undefined;
}

/** What a terminal is made with. */
export interface Making {
  readonly notices?: readonly string[];
  /** The terminal that the helper has kept. */
  readonly again?: string;
  /** Whether it comes to the front, with the focus. */
  readonly shows?: boolean;
  /** The editor makes it from the options. */
  readonly ofProfile?: boolean;
}

/** A terminal in something, as the editor wants it described. */
export function optionsFor(
  session: Session,
  inside: Inside,
  { notices = [], again, ofProfile = false }: Making = {},
): ExtensionTerminalOptions {
  const { subject, name, look, entry } = inside;
  const tag = tagOf(inside);
  const program = entryProgram(session, {
    entry,
    keep: tag === undefined ? undefined : { window: new WindowIdentity(session.storage.workspace).id, tag },
    shellIntegration: readSetting(workspace.getConfiguration('burrow'), 'terminal.shellIntegration'),
    notices,
    limit: memoryLimitOf(session, entry.target),
    again,
  });
  const attempt = { subject, privileged: session.hello?.privileged ?? false };
  const pty = pseudoterminal(session, program, error => {
    showError(session.log, error, attempt);
    return explain(error, attempt).message;
  });
  recordScreen(session, { inside, pty, ofProfile });
  return { name, pty, isTransient: true, iconPath: new ThemeIcon(look.icon), color: new ThemeColor(look.color) };
}

export function openInside(session: Session, inside: Inside, making: Making = {}, location?: Place): Terminal {
  const options = optionsFor(session, inside, making);
  const terminal = window.createTerminal({ ...options, ...(location === undefined ? {} : { location }) });
  if (making.shows ?? true) terminal.show(false);
  return terminal;
}
