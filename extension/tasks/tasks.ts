import { join } from 'node:path';
import { CustomExecution, type Pseudoterminal, Task, type TaskDefinition, TaskScope, Uri, type WorkspaceFolder, workspace } from 'vscode';
import type { Definition } from '../../helper/protocol/definition/definition.ts';
import { mayStart } from '../consent.ts';
import { definitionFor } from '../definition-file.ts';
import { NotRunning, Refused } from '../helper-client/errors.ts';
import { explain } from '../helper-client/explain.ts';
import { showError } from '../notify.ts';
import { runProgram } from '../run-file/run-program.ts';
import type { Session } from '../session.ts';
import { targetOf } from '../subject.ts';
import { subjectOfWords } from '../target-words.ts';
import { entryProgram } from '../terminal/entry-program.ts';
import { pseudoterminal } from '../terminal/pseudoterminal.ts';
import type { Program } from '../terminal/shell.ts';
import { readTask, type TaskOrder } from './definition.ts';
import { asTask, failing } from './program.ts';
import { freeName, redefined } from './redefine.ts';
import { taskType } from './task-type.ts';

type Scope = Task['scope'];

const folderOf = (scope: Scope): WorkspaceFolder | undefined =>
  typeof scope === 'object' ? scope : workspace.workspaceFolders?.find(each => each.uri.scheme === 'file');

/** @throws Refused for what is below a folder when there is none */
function fileUri(file: string, scope: Scope): Uri {
  if (file.startsWith('/')) return Uri.file(file);
  const folder = folderOf(scope);
  if (!folder) throw new Refused(`There is no folder open in which ${file} could be`);
  return Uri.file(join(folder.uri.fsPath, file));
}

function inTarget(session: Session, order: TaskOrder & { kind: 'target' }): Program<unknown> {
  const { kind: _, target, command, ...process } = order;
  const subject = subjectOfWords(session.machine, target);
  const entry = { target: targetOf(subject), command: [...command], ...process };
  return asTask(entryProgram(session, { entry }), ending => ending, { tells: false });
}

async function inNewSandbox(session: Session, order: TaskOrder & { kind: 'file' }, scope: Scope): Promise<Program<unknown>> {
  const found = await definitionFor(fileUri(order.file, scope), 'Run Task');
  if (!found) throw new Refused('The task was left before it began');
  const define = (): Definition => {
    const taken = session.machine.sandboxes.map(each => each.name);
    return redefined(found, order, freeName(found.name, taken));
  };
  const program = runProgram(session, { program: found.name, define, notices: [] });
  return asTask(program, ({ report }) => report, { tells: true });
}

/** A task may be the first that anybody wants of Burrow in this window. */
async function helperAnswers(session: Session): Promise<void> {
  if (await session.connectIfAnswers()) return;
  if (!session.startsUnasked) throw new NotRunning();
  await session.start();
}

async function programOf(session: Session, definition: TaskDefinition, scope: Scope): Promise<Program<unknown>> {
  const order = readTask(definition);
  const where = order.kind === 'target' ? order.target : `a sandbox of ${order.file}`;
  if (scope !== TaskScope.Global && !(await mayStart(session, `A task of this workspace runs a command in ${where}.`)))
    throw new Refused('Tasks of this workspace were not allowed to start anything');
  await helperAnswers(session);
  return order.kind === 'target' ? inTarget(session, order) : inNewSandbox(session, order, scope);
}

async function execute(session: Session, definition: TaskDefinition, scope: Scope): Promise<Pseudoterminal> {
  const program = await programOf(session, definition, scope).catch(failing);
  const attempt = { privileged: session.hello?.privileged ?? false };
  return pseudoterminal(session, program, error => {
    showError(session.log, error, attempt);
    return explain(error, attempt).message;
  });
}

export function taskOf(session: Session, definition: TaskDefinition, scope: Exclude<Scope, undefined>, name: string): Task {
  // By then ${workspaceFolder} and the like have become what they stand for.
  const execution = new CustomExecution(resolved => execute(session, resolved, scope));
  return new Task(definition, scope, name, taskType, execution);
}

const offeredFiles = 20;

/** A definition says what runs and where: each in the workspace is a task. */
export async function offeredTasks(session: Session): Promise<Task[]> {
  const files = await workspace.findFiles('**/*.burrow.jsonc', '**/node_modules/**', offeredFiles);
  return files.map(file => {
    const folder = workspace.getWorkspaceFolder(file);
    const path = workspace.asRelativePath(file, false);
    return taskOf(session, { type: taskType, file: folder ? path : file.fsPath }, folder ?? TaskScope.Workspace, `run ${path}`);
  });
}
