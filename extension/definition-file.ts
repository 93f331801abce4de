import { Uri, window, workspace } from 'vscode';
import type { Definition } from '../helper/protocol/definition/definition.ts';
import { Refused } from './helper-client/errors.ts';

const pattern = /\.burrow\.jsonc$/;

/**
 * The definition that a command is about: of the file that a menu was opened on, or of the active
 * editor, saved or not.
 *
 * @throws Refused when there is none, or the first thing that is wrong with it
 */
export async function definitionFor(argument: unknown): Promise<Definition> {
  const document = argument instanceof Uri ? await workspace.openTextDocument(argument) : window.activeTextEditor?.document;
  if (!document || !pattern.test(document.uri.path)) throw new Refused('Open a definition first: a file whose name ends in .burrow.jsonc');
  // Loaded only here: few windows have a definition open.
  const { readDefinition } = await import('./definition-text.ts');
  return readDefinition(document.getText(), document.uri.path.split('/').at(-1));
}
