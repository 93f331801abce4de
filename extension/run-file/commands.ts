import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { env, ThemeColor, ThemeIcon, type Uri, window, workspace } from 'vscode';
import { helperRuns } from '../helper-client/commands.ts';
import { NotRunning, Refused } from '../helper-client/errors.ts';
import { explain } from '../helper-client/explain.ts';
import { visible } from '../hostile-text.ts';
import { showError } from '../notify.ts';
import { askOne, back } from '../questions.ts';
import { readSubject } from '../read-subject.ts';
import type { Session } from '../session.ts';
import { readSetting } from '../settings.ts';
import { pseudoterminal } from '../terminal/pseudoterminal.ts';
import { fileFor } from './active-file.ts';
import { placeOf, type RunLimits, runDefinition, runName } from './definition.ts';
import { invocationOf, type ProgramFile } from './interpreters.ts';
import { runProgram } from './run-program.ts';

const beginningBytes = 256;

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function beginningOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(beginningBytes);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, beginningBytes, 0));
  } finally {
    closeSync(file);
  }
}

/** @throws Refused for what is no file that can be read */
function readProgram(path: string, language: string | undefined): ProgramFile {
  try {
    if (!statSync(path).isFile()) throw new Refused(`${path} is no file`);
    return { path, language, executable: mayExecute(path), beginning: beginningOf(path) };
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function limitsOfSettings(): RunLimits {
  const configuration = workspace.getConfiguration('burrow');
  return {
    memory: readSetting(configuration, 'run.memory'),
    processes: readSetting(configuration, 'run.processes'),
    cpuSeconds: readSetting(configuration, 'run.cpuSeconds'),
    wallSeconds: readSetting(configuration, 'run.wallSeconds'),
  };
}

async function run(session: Session, { file, language }: { readonly file: Uri; readonly language?: string }): Promise<void> {
  const path = file.fsPath;
  const place = placeOf(path);
  const program = readProgram(path, language);
  const invocation = invocationOf(program, place);
  if ('problem' in invocation) throw new Refused(invocation.problem);
  const define = () => {
    const taken = session.machine.sandboxes.map(each => each.name);
    return runDefinition(path, invocation.command, runName(path, taken), limitsOfSettings());
  };
  // A setting that is no limit is refused before a terminal opens.
  define();
  if (!(await helperRuns(session, 'Running a file in a sandbox'))) return;
  const name = visible(path.split('/').at(-1) ?? path);
  const notices = ['no network, read-only files, scratch in /tmp', ...(place === path ? [] : [`${path} is ${place} inside`])];
  const attempt = { privileged: session.hello?.privileged ?? false };
  const pty = pseudoterminal(session, runProgram(session, { program: name, define, notices }), error => {
    showError(session.log, error, attempt);
    return explain(error, attempt).message;
  });
  const look = { iconPath: new ThemeIcon('run-all'), color: new ThemeColor('terminal.ansiGreen') };
  window.createTerminal({ name, pty, isTransient: true, ...look }).show(false);
}

/** Runs the file of the active editor, or the one that a menu was opened on, where it can do no harm. */
export async function runFile(session: Session, argument?: unknown): Promise<void> {
  await run(session, await fileFor(argument));
}

async function whichRun(session: Session, argument: unknown): Promise<string | undefined> {
  const subject = readSubject(argument);
  if (subject?.kind === 'sandbox') return subject.id;
  const { underWay } = session.runs;
  if (underWay.length === 0) throw new Refused('No file runs in a sandbox now');
  if (underWay.length === 1) return underWay[0]?.sandbox;
  const choices = underWay.map(each => ({ label: each.program, value: each.sandbox }));
  const answer = await askOne({ title: 'Stop Run', placeholder: 'Which one?' }, choices);
  return answer === back ? undefined : answer;
}

export async function stopRun(session: Session, argument?: unknown): Promise<void> {
  if (!session.hello) throw new NotRunning();
  const sandbox = await whichRun(session, argument);
  if (sandbox === undefined) return;
  session.runs.stop(sandbox);
  await session.request('sandbox/remove', { sandbox });
}

export async function copyReport({ runs }: Session): Promise<void> {
  if (!runs.lastReport) throw new Refused('No file has run in a sandbox yet: Run Active File in Sandbox does it');
  await env.clipboard.writeText(`${JSON.stringify(runs.lastReport, null, 2)}\n`);
}
