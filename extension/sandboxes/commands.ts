import { commands, window } from 'vscode';
import { Definition, type DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import { HelperFailure } from '../../helper/protocol/helper-failure.ts';
import type { Sandbox } from '../../helper/protocol/model.ts';
import { subjectFor } from '../ask-subject.ts';
import { subjectChoices } from '../choices.ts';
import type { CommandId } from '../command-ids.ts';
import { definitionFor } from '../definition-file.ts';
import { helperRuns } from '../helper-client/commands.ts';
import { NotRunning } from '../helper-client/errors.ts';
import { type Button, explain } from '../helper-client/explain.ts';
import { whyNoSandbox } from '../helper-client/features.ts';
import { inert } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { givenName } from '../names.ts';
import { showExplanation } from '../notify.ts';
import { withProgress } from '../progress.ts';
import type { Choice } from '../questions.ts';
import type { Session } from '../session.ts';
import { definitionText } from './by-hand.ts';
import { type Changes, offeredChanges } from './changed-files.ts';
import { offerChanges } from './changes.ts';
import { newSandboxLike } from './like.ts';
import { discards, removalWarning } from './model.ts';
import { openDefinitionText } from './untitled.ts';
import { askSandbox, workspaceFolder } from './wizard.ts';

const run = (id: CommandId, argument?: unknown): Thenable<unknown> => commands.executeCommand(id, argument);

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

/** The network namespaces that a sandbox can join, all but the host's: first those that somebody has named. */
function networkSpaces(machine: Machine): Choice<number>[] {
  const spaces = subjectChoices(machine, ['namespace']).flatMap(({ label, description, value }) =>
    value.kind === 'namespace' && value.key.type === 'net' ? [{ label, description, value: value.key.inode }] : [],
  );
  const isNamed = ({ value }: Choice<number>): boolean => givenName(machine, { type: 'net', inode: value }) !== undefined;
  return [...spaces.filter(isNamed), ...spaces.filter(each => !isNamed(each))];
}

const containersOf = (machine: Machine): Choice<string>[] =>
  subjectChoices(machine, ['container']).flatMap(({ label, description, value }) =>
    value.kind === 'container' ? [{ label, description, value: value.id }] : [],
  );

export async function createScratchSandbox(session: Session): Promise<void> {
  if (!(await helperRuns(session, 'Making a sandbox'))) return;
  // Before four questions are answered for nothing.
  const why = whyNoSandbox(await session.greet());
  if (why !== undefined) throw new HelperFailure({ kind: 'denied', message: why });
  const { name, subnet, taken } = await session.request('sandbox/propose', {});
  const outcome = await askSandbox(name, {
    taken,
    subnet,
    workspace: workspaceFolder(),
    networks: networkSpaces(session.machine),
    containers: containersOf(session.machine),
  });
  if (outcome?.kind === 'by-hand') await openDefinitionText(outcome.name, definitionText(outcome.name));
  else if (outcome?.kind === 'like') await newSandboxLike(session, { kind: 'container', id: outcome.container });
  else if (outcome) await create(session, outcome.definition);
}

export async function createFromFile(session: Session, argument?: unknown): Promise<void> {
  const definition = await definitionFor(argument, 'Create Sandbox');
  if (definition && (await helperRuns(session, 'Making a sandbox'))) await create(session, definition);
}

export async function openDefinition(): Promise<void> {
  const [file] = (await window.showOpenDialog({ filters: { 'Sandbox definitions': ['jsonc'] }, openLabel: 'Open' })) ?? [];
  if (file) await window.showTextDocument(file);
}

/** What is lost with it, where anything is. Not knowing is no reason to keep a sandbox. */
async function changesOf(session: Session, sandbox: Sandbox): Promise<Changes | undefined> {
  if (!discards(sandbox)) return undefined;
  return session.request('sandbox/changes', { sandbox: sandbox.id }).catch((error: unknown) => {
    session.log.warn(String(error));
    return undefined;
  });
}

const keepFiles = 'Keep Files…';

/** Asks where something is lost. @returns whether to go on */
async function agrees(session: Session, sandbox: Sandbox): Promise<boolean> {
  const changes = await changesOf(session, sandbox);
  const detail = removalWarning(session.machine, sandbox, changes ? offeredChanges(changes).length : 0);
  if (detail === undefined) return true;
  const buttons = changes && changes.changes.length > 0 ? ['Remove', keepFiles] : ['Remove'];
  const choice = await window.showWarningMessage(inert(`Remove sandbox ${sandbox.name}?`), { modal: true, detail }, ...buttons);
  if (choice !== keepFiles || !changes) return choice === 'Remove';
  await offerChanges(session, sandbox, changes);
  return agrees(session, sandbox);
}

export async function removeSandbox(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Remove Sandbox', ['sandbox']);
  if (subject?.kind !== 'sandbox') return;
  if (!session.hello) throw new NotRunning();
  const sandbox = session.machine.sandbox(subject.id);
  if (sandbox && !(await agrees(session, sandbox))) return;
  await session.request('sandbox/remove', { sandbox: subject.id });
}
