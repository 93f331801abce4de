import { window } from 'vscode';
import type { Sandbox } from '../../helper/protocol/model.ts';
import { inert, plural } from '../hostile-text.ts';
import { withProgress } from '../progress.ts';
import { askMany, back } from '../questions.ts';
import type { Session } from '../session.ts';
import { type Changes, changeChoice, changesWords, offeredChanges } from './changed-files.ts';
import { sandboxFor } from './control.ts';

/** Lets the person choose, and keeps what was chosen. */
export async function offerChanges(session: Session, sandbox: Sandbox, changes: Changes): Promise<void> {
  const question = {
    title: changesWords(sandbox.name, changes),
    placeholder: 'Keep the chosen on this machine, in place of what is there',
  };
  const chosen = await askMany(question, offeredChanges(changes).map(changeChoice));
  if (chosen === undefined || chosen === back) return;
  const keeping = session.request('sandbox/keep', { sandbox: sandbox.id, paths: [...chosen] });
  const { kept } = await withProgress(`Keeping files of ${sandbox.name}…`, keeping);
  void window.showInformationMessage(inert(`${plural(kept, 'file')} of ${sandbox.name} ${kept === 1 ? 'is' : 'are'} on this machine now.`));
}

export async function showChanges(session: Session, argument?: unknown): Promise<void> {
  const sandbox = await sandboxFor(session, argument, 'Show Changed Files');
  if (!sandbox) return;
  const changes = await withProgress(
    `Looking for changed files of ${sandbox.name}…`,
    session.request('sandbox/changes', { sandbox: sandbox.id }),
  );
  if (changes.changes.length > 0) return offerChanges(session, sandbox, changes);
  void window.showInformationMessage(inert(`${sandbox.name} has changed no file.`));
}
