// What the files of a workspace start, a person has not asked for: settings and tasks come with a repository.
import { window } from 'vscode';
import { inert } from './hostile-text.ts';
import type { Session } from './session.ts';

/** Where the answer is kept: the editor's own memory of the workspace. */
const key = 'mayStart';

/**
 * Asks once for each workspace, and remembers only a yes.
 * @param what a sentence that says what is started, and where
 */
export async function mayStart({ storage }: Pick<Session, 'storage'>, what: string): Promise<boolean> {
  if (storage.workspace.get(key) === true) return true;
  const allow = 'Allow';
  const detail = 'It is asked once: allow it where you know who wrote the files of this workspace.';
  if ((await window.showWarningMessage(inert(what), { modal: true, detail }, allow)) !== allow) return false;
  await storage.workspace.update(key, true);
  return true;
}
