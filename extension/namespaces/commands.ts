import { env } from 'vscode';
import { subjectFor } from '../ask-subject.ts';
import { Refused } from '../helper-client/errors.ts';
import { isRoot } from '../helper-client/launch.ts';
import { pidOf, subjectName } from '../names.ts';
import type { Session } from '../session.ts';
import { nsenterCommand } from './nsenter.ts';

export async function copyInode(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Copy Inode', ['namespace']);
  if (subject?.kind === 'namespace') await env.clipboard.writeText(`${subject.key.inode}`);
}

export async function copyPid(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Copy Process Id');
  if (!subject) return;
  const pid = pidOf(session.machine, subject);
  if (pid === undefined) throw new Refused(`${subjectName(session.machine, subject)} has no process`);
  await env.clipboard.writeText(`${pid}`);
}

export async function copyNsenter(session: Session, argument?: unknown): Promise<void> {
  const subject = await subjectFor(session, argument, 'Copy as nsenter Command');
  if (!subject) return;
  const command = nsenterCommand(session.machine, subject);
  if (command === undefined)
    throw new Refused(`nsenter has no way into ${subjectName(session.machine, subject)}: no process and no file leads there`);
  await env.clipboard.writeText(isRoot() ? command : `sudo ${command}`);
}
