import type { Target } from '../../helper/protocol/target.ts';
import { subjectFor } from '../ask-subject.ts';
import { Refused } from '../helper-client/errors.ts';
import type { Machine } from '../machine/machine.ts';
import { pidOf, subjectName } from '../names.ts';
import type { Session } from '../session.ts';
import { type Subject, targetOf } from '../subject.ts';
import { likenessText } from './like-text.ts';
import { openDefinitionText } from './untitled.ts';

/** A namespace is not alone in being like something: the process that is in it has the others. */
function modelOf(machine: Machine, subject: Subject): Target {
  if (subject.kind !== 'namespace') return targetOf(subject);
  const pid = pidOf(machine, subject);
  const process = pid === undefined ? undefined : machine.process(pid);
  if (!process) throw new Refused(`No process is in ${subjectName(machine, subject)}, so there is nothing that a sandbox could be like`);
  return { pid: process.pid, start: process.start };
}

export async function newSandboxLike(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'New Sandbox Like This');
  if (!subject) return;
  const { machine } = session;
  const { definition, notices } = await session.request('sandbox/like', { target: modelOf(machine, subject) });
  await openDefinitionText(definition.name, likenessText(definition, notices, subjectName(machine, subject)));
}
