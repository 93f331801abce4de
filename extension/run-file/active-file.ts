import { TabInputCustom, TabInputText, Uri, window, workspace } from 'vscode';
import { Refused } from '../helper-client/errors.ts';

interface File {
  readonly file: Uri;
  /** The editor's name of its language, where the editor has it open. */
  readonly language?: string;
}

/** What is looked at: also what no text editor shows, like a program. */
function activeFile(): Uri | undefined {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  const shown = input instanceof TabInputText || input instanceof TabInputCustom ? input.uri : undefined;
  return window.activeTextEditor?.document.uri ?? shown;
}

/**
 * The file on this machine that a command is about, saved: what runs is what is seen.
 * @throws Refused when there is none
 */
export async function fileFor(argument: unknown): Promise<File> {
  const file = argument instanceof Uri ? argument : activeFile();
  if (!file) throw new Refused('Open the file that is to run first');
  if (file.scheme === 'untitled') throw new Refused('Save the file first: what runs is a file on the disk');
  if (file.scheme !== 'file') throw new Refused('Only files of this machine can run in a sandbox');
  const document = workspace.textDocuments.find(each => each.uri.toString() === file.toString());
  if (document?.isDirty && !(await document.save()))
    throw new Refused('The file could not be saved, so what would run is not what you see');
  return { file, ...(document ? { language: document.languageId } : {}) };
}
