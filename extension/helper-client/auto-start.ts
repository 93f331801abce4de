import { type Disposable, workspace } from 'vscode';
import { showError } from '../notify.ts';
import type { Session } from '../session.ts';
import type { MachineView } from '../tree/view.ts';

/**
 * Connects to a helper that runs already. Root gets one started as soon as a view is looked at, once:
 * who stops it then wants it stopped.
 */
export function registerAutoStart(session: Session, views: readonly MachineView[]): Disposable[] {
  let looked = false;
  const report = (error: unknown): void => showError(session.log, error);
  const look = (): void => {
    if (looked || !session.startsUnasked || !views.some(({ view }) => view.visible)) return;
    looked = true;
    session.start().catch(report);
  };
  session
    .connectIfAnswers()
    .then(found => {
      looked ||= found;
      look();
    })
    .catch(report);
  return [
    ...views.map(({ view }) => view.onDidChangeVisibility(look)),
    workspace.onDidChangeConfiguration(change => {
      if (!change.affectsConfiguration('burrow.helper.socket')) return;
      session.disconnect();
      session.connectIfAnswers().catch(report);
    }),
  ];
}
