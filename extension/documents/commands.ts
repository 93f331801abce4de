import { env, Uri, window, workspace } from 'vscode';
import { subjectFor } from '../ask-subject.ts';
import { definitionFor } from '../definition-file.ts';
import { Refused } from '../helper-client/errors.ts';
import { pidOf, subjectName } from '../names.ts';
import type { Session } from '../session.ts';
import { namespaceSubject, type Subject } from '../subject.ts';
import { readAddress, Shown } from './address.ts';
import { uriOf } from './provider.ts';
import { scheme } from './scheme.ts';

/** The first namespace of its own that a sandbox keeps without a process. */
function keptBy({ machine }: Session, subject: Subject): Shown | undefined {
  const sandbox = subject.kind === 'sandbox' ? machine.sandbox(subject.id) : undefined;
  const [key] = sandbox ? machine.differing(sandbox.namespaces) : [];
  return key && namespaceSubject(key, machine.namespace(key)?.id);
}

/** Sandboxes and containers are shown as their init, from which all their namespaces are one link away. */
function shownOf(session: Session, subject: Subject): Shown {
  if (subject.kind === 'namespace' || subject.kind === 'process') return subject;
  const pid = pidOf(session.machine, subject);
  const process = pid === undefined ? undefined : session.machine.process(pid);
  if (process) return { kind: 'process', pid: process.pid, start: process.start };
  const kept = keptBy(session, subject);
  if (!kept) throw new Refused(`${subjectName(session.machine, subject)} has no process any more`);
  return kept;
}

async function open(session: Session, shown: Shown): Promise<void> {
  const document = await workspace.openTextDocument(uriOf(session.machine, shown));
  await window.showTextDocument(document, { preview: true });
}

export async function showDetails(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Show Details');
  if (subject) await open(session, shownOf(session, subject));
}

/** The definition of a plan: in the argument, in the document that it names, or in the one that is looked at. */
function planned(argument: unknown): Extract<Shown, { kind: 'plan' }> | undefined {
  const uri = argument instanceof Uri ? argument : window.activeTextEditor?.document.uri;
  const shown = uri?.scheme === scheme ? readAddress(uri.query) : Shown.safeParse(argument).data;
  return shown?.kind === 'plan' ? shown : undefined;
}

/** The plan of a definition: of the one in the argument, in the file that it names, or in the active editor. */
export async function showPlan(session: Session, argument?: unknown): Promise<void> {
  const given = planned(argument);
  if (given) return open(session, given);
  const definition = await definitionFor(argument, 'Show Plan');
  if (definition) await open(session, { kind: 'plan', definition });
}

/** Copies the nearest script of util-linux and iproute2, and offers to look at it. */
export async function copyScript(session: Session, argument?: unknown): Promise<void> {
  const definition = planned(argument)?.definition ?? (await definitionFor(argument, 'Copy as Shell Commands'));
  if (!definition) return;
  const { script } = await session.request('sandbox/script', { definition });
  await env.clipboard.writeText(script);
  const look = 'Open';
  const choice = await window.showInformationMessage(`The commands that make ${definition.name} are in the clipboard.`, look);
  if (choice === look) await window.showTextDocument(await workspace.openTextDocument({ language: 'shellscript', content: script }));
}
