// What each command does. Loaded with the first one that somebody uses.
import type { CommandId } from './command-ids.ts';
import { copyScript, showDetails, showPlan } from './documents/commands.ts';
import { showActions } from './helper-client/commands.ts';
import { filterNamespaces, groupNamespaces, hide } from './namespaces/arrange.ts';
import { copyInode, copyNsenter, copyPid } from './namespaces/commands.ts';
import { showError } from './notify.ts';
import { readSubject } from './read-subject.ts';
import { copyReport, runFile, stopRun } from './run-file/commands.ts';
import { showChanges } from './sandboxes/changes.ts';
import { createFromFile, createScratchSandbox, openDefinition, removeSandbox } from './sandboxes/commands.ts';
import { changeLimits, sendSignal } from './sandboxes/control.ts';
import { newSandboxLike } from './sandboxes/like.ts';
import type { Session } from './session.ts';
import { reattachTerminal } from './terminal/again.ts';
import { forgetChoices, openTerminal, openTerminalAs, openTerminalIn, splitTerminal } from './terminal/commands.ts';

/** @param argument what the command is about, as menus and other callers give it; nothing from the palette */
type Handler = (session: Session, argument?: unknown) => void | Promise<void>;

const handlers: Readonly<Record<CommandId, Handler>> = {
  'burrow.helper.start': session => session.start(),
  'burrow.helper.stop': session => session.stop(),
  'burrow.helper.restart': session => session.restart(),
  'burrow.helper.actions': showActions,
  'burrow.helper.showLog': ({ log }) => log.show(),
  'burrow.terminal.open': openTerminal,
  'burrow.terminal.openIn': openTerminalIn,
  'burrow.terminal.openNetwork': openTerminalAs({ types: ['net'] }),
  'burrow.terminal.openFiles': openTerminalAs({ types: ['mnt'], tools: '/' }),
  'burrow.terminal.openProcesses': openTerminalAs({ types: ['pid'] }),
  'burrow.terminal.openAsRoot': openTerminalAs({ user: '0' }),
  'burrow.terminal.openWithTools': openTerminalAs({ tools: '/' }),
  'burrow.terminal.split': splitTerminal,
  'burrow.terminal.reattach': reattachTerminal,
  'burrow.terminal.forgetChoices': forgetChoices,
  'burrow.namespace.showDetails': showDetails,
  'burrow.namespaces.groupBy': groupNamespaces,
  'burrow.namespaces.filter': filterNamespaces,
  'burrow.namespaces.hideKernelThreads': () => hide('kernelThreads', true),
  'burrow.namespaces.showKernelThreads': () => hide('kernelThreads', false),
  'burrow.namespaces.hideHost': () => hide('host', true),
  'burrow.namespaces.showHost': () => hide('host', false),
  'burrow.namespace.copyInode': copyInode,
  'burrow.process.copyPid': copyPid,
  'burrow.target.copyNsenter': copyNsenter,
  'burrow.sandbox.createScratch': createScratchSandbox,
  'burrow.sandbox.createFromFile': createFromFile,
  'burrow.sandbox.remove': removeSandbox,
  'burrow.sandbox.showPlan': showPlan,
  'burrow.sandbox.copyScript': copyScript,
  'burrow.sandbox.newLike': newSandboxLike,
  'burrow.sandbox.changeLimits': changeLimits,
  'burrow.sandbox.signal': sendSignal,
  'burrow.sandbox.showChanges': showChanges,
  'burrow.run.activeFile': runFile,
  'burrow.run.file': runFile,
  'burrow.run.stop': stopRun,
  'burrow.run.copyReport': copyReport,
  'burrow.definition.open': openDefinition,
  'burrow.view.refresh': session => session.refresh(),
};

/** Here, and nowhere else, what a command throws is caught and shown. */
export async function runCommand(session: Session, id: CommandId, argument: unknown): Promise<void> {
  try {
    await handlers[id](session, argument);
  } catch (error) {
    const subject = readSubject(argument);
    showError(session.log, error, { privileged: session.hello?.privileged ?? false, ...(subject ? { subject } : {}) });
  }
}
