import { Uri, window, workspace } from 'vscode';
import type { Definition } from '../helper/protocol/definition/definition.ts';
import { Refused } from './helper-client/errors.ts';
import { askOne, back } from './questions.ts';

const pattern = /\.burrow\.jsonc$/;

/**
 * The definition that a command is about: of the file that a menu was opened on, or of the active
 * editor, saved or not. Of a file with several sandboxes the person chooses one.
 *
 * @returns undefined when the person left
 * @throws Refused when there is none, or the first thing that is wrong with it
 */
export async function definitionFor(argument: unknown, title: string): Promise<Definition | undefined> {
  const document = argument instanceof Uri ? await workspace.openTextDocument(argument) : window.activeTextEditor?.document;
  if (!document || !pattern.test(document.uri.path)) throw new Refused('Open a definition first: a file whose name ends in .burrow.jsonc');
  const file = document.uri.path.split('/').at(-1) ?? '';
  // Loaded only here: few windows have a definition open.
  const { readDefinitions } = await import('./definition-text.ts');
  const definitions = readDefinitions(document.getText(), file);
  if (definitions.length === 1) return definitions[0];
  const choices = definitions.map(each => ({ label: each.name, value: each }));
  const answer = await askOne({ title, placeholder: `Which of the ${definitions.length} sandboxes in ${file}?` }, choices);
  return answer === back ? undefined : answer;
}
