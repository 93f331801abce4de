import { commands, languages, Position, ProgressLocation, Uri, WorkspaceEdit, window, workspace } from 'vscode';
import { HelperFailure } from '../../helper/protocol/calls.ts';
import { Definition, type DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import type { Sandbox } from '../../helper/protocol/model.ts';
import { subjectFor } from '../ask-subject.ts';
import type { CommandId } from '../command-ids.ts';
import { definitionFor } from '../definition-file.ts';
import { NotRunning } from '../helper-client/errors.ts';
import { type Button, explain } from '../helper-client/explain.ts';
import { inert } from '../hostile-text.ts';
import { showExplanation } from '../notify.ts';
import type { Session } from '../session.ts';
import { definitionText } from './answers.ts';
import { removalWarning } from './model.ts';
import { askSandbox, workspaceFolder } from './wizard.ts';

const run = (id: CommandId, argument?: unknown): Thenable<unknown> => commands.executeCommand(id, argument);

const progressAfterMs = 300;

/** Shows that something is under way once it takes long enough to wonder. */
async function withProgress<T>(title: string, work: Promise<T>): Promise<T> {
  const done = work.then(
    () => true,
    () => true,
  );
  const soon = new Promise<false>(resolve => setTimeout(() => resolve(false), progressAfterMs));
  if (!(await Promise.race([done, soon]))) await window.withProgress({ location: ProgressLocation.Notification, title }, () => done);
  return work;
}

/** The buttons under a failure: the plan with the step that failed, and everything for a report. */
function buttonsFor(definition: Definition, error: HelperFailure): Button[] {
  const { step, message } = error.failure;
  const plan = { kind: 'plan', definition, ...(step === undefined ? {} : { failed: { step, message } }) };
  return [
    { title: 'Show Plan', command: 'burrow.sandbox.showPlan', argument: plan },
    { title: 'Copy Details', copy: JSON.stringify({ failure: error.failure, definition }, null, 2) },
  ];
}

/** Makes a sandbox and opens a terminal in it. A failure is shown here, since its buttons need the definition. */
async function create(session: Session, input: DefinitionInput): Promise<void> {
  const definition = Definition.parse(input);
  let sandbox: Sandbox;
  try {
    sandbox = await withProgress(`Creating sandbox ${definition.name}…`, session.request('sandbox/create', { definition }));
  } catch (error) {
    if (!(error instanceof HelperFailure)) throw error;
    session.log.error(error);
    const { message } = explain(error);
    void showExplanation({ message, buttons: buttonsFor(definition, error) });
    return;
  }
  session.announce(sandbox);
  await run('burrow.terminal.open', { kind: 'sandbox', id: sandbox.id });
}

async function openByHand(name: string): Promise<void> {
  const document = await workspace.openTextDocument(Uri.from({ scheme: 'untitled', path: `${name}.burrow.jsonc` }));
  const edit = new WorkspaceEdit();
  if (document.getText() === '') edit.insert(document.uri, new Position(0, 0), definitionText(name));
  await workspace.applyEdit(edit);
  await languages.setTextDocumentLanguage(document, 'jsonc');
  await window.showTextDocument(document);
}

/** Asks before starting a helper, since a password may follow. */
async function helperRuns(session: Session): Promise<boolean> {
  if (session.hello) return true;
  if (session.startsUnasked) {
    await session.start();
    return true;
  }
  const start = 'Start Helper';
  const choice = await window.showInformationMessage("Making a sandbox needs Burrow's helper, and it is not running.", start);
  if (choice !== start) return false;
  await session.start();
  return true;
}

export async function createScratchSandbox(session: Session): Promise<void> {
  if (!(await helperRuns(session))) return;
  const { name, subnet, taken } = await session.request('sandbox/propose', {});
  const outcome = await askSandbox(name, { taken, subnet, workspace: workspaceFolder() });
  if (outcome?.kind === 'by-hand') await openByHand(outcome.name);
  else if (outcome) await create(session, outcome.definition);
}

export async function createFromFile(session: Session, argument?: unknown): Promise<void> {
  const definition = await definitionFor(argument);
  if (await helperRuns(session)) await create(session, definition);
}

export async function openDefinition(): Promise<void> {
  const [file] = (await window.showOpenDialog({ filters: { 'Sandbox definitions': ['jsonc'] }, openLabel: 'Open' })) ?? [];
  if (file) await window.showTextDocument(file);
}

export async function removeSandbox(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Remove Sandbox', ['sandbox']);
  if (subject?.kind !== 'sandbox') return;
  if (!session.hello) throw new NotRunning();
  const sandbox = session.machine.sandbox(subject.id);
  const warning = sandbox && removalWarning(session.machine, sandbox);
  if (sandbox && warning !== undefined) {
    const choice = await window.showWarningMessage(inert(`Remove sandbox ${sandbox.name}?`), { modal: true, detail: warning }, 'Remove');
    if (choice !== 'Remove') return;
  }
  await session.request('sandbox/remove', { sandbox: subject.id });
}
