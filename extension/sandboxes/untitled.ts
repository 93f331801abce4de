import { languages, Position, type TextDocument, Uri, WorkspaceEdit, window, workspace } from 'vscode';

async function emptyDocument(name: string): Promise<TextDocument> {
  for (let count = 1; ; count++) {
    const path = `${count === 1 ? name : `${name}-${count}`}.burrow.jsonc`;
    const document = await workspace.openTextDocument(Uri.from({ scheme: 'untitled', path }));
    // What somebody has begun to write stays.
    if (document.getText() === '') return document;
  }
}

/** Opens a definition in an editor, as a file that is not saved yet. */
export async function openDefinitionText(name: string, text: string): Promise<void> {
  const document = await emptyDocument(name);
  const edit = new WorkspaceEdit();
  edit.insert(document.uri, new Position(0, 0), text);
  await workspace.applyEdit(edit);
  await languages.setTextDocumentLanguage(document, 'jsonc');
  await window.showTextDocument(document);
}
