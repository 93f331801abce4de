import { Uri, window, workspace } from 'vscode';
import { subjectFor } from '../ask-subject.ts';
import { definitionFor } from '../definition-file.ts';
import { Refused } from '../helper-client/errors.ts';
import { pidOf, subjectName } from '../names.ts';
import type { Session } from '../session.ts';
import type { Subject } from '../subject.ts';
import { Shown } from './address.ts';
import { uriOf } from './provider.ts';

/** Sandboxes and containers are shown as their init, from which all their namespaces are one link away. */
function shownOf(session: Session, subject: Subject): Shown {
  if (subject.kind === 'namespace' || subject.kind === 'process') return subject;
  const pid = pidOf(session.machine, subject);
  const process = pid === undefined ? undefined : session.machine.process(pid);
  if (!process) throw new Refused(`${subjectName(session.machine, subject)} has no process any more`);
  return { kind: 'process', pid: process.pid, start: process.start };
}

async function open(session: Session, shown: Shown): Promise<void> {
  const document = await workspace.openTextDocument(uriOf(session.machine, shown));
  await window.showTextDocument(document, { preview: true });
}

export async function showDetails(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Show Details');
  if (subject) await open(session, shownOf(session, subject));
}

/** The plan of a definition: of the one in the argument, in the file that it names, or in the active editor. */
export async function showPlan(session: Session, argument?: unknown): Promise<void> {
  const given = argument instanceof Uri ? undefined : Shown.safeParse(argument);
  await open(session, given?.success ? given.data : { kind: 'plan', definition: await definitionFor(argument) });
}
