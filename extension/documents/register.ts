import { Disposable, EventEmitter, languages, type Uri, workspace } from 'vscode';
import type { Session } from '../session.ts';
import type { Documents } from './provider.ts';
import { scheme } from './scheme.ts';

/** Most windows show none of the documents: what makes them is loaded when there is one. */
export function registerDocuments(session: Session): Disposable[] {
  const changed = new EventEmitter<Uri>();
  const loaded: Disposable[] = [changed];
  let documents: Promise<Documents> | undefined;
  const load = async (): Promise<Documents> => {
    const { Documents } = await import('./provider.ts');
    const made = new Documents(session, changed);
    loaded.push(made);
    return made;
  };
  const ready = (): Promise<Documents> => {
    documents ??= load();
    return documents;
  };
  // They stay open when only the extensions are started anew, and nobody asks for their text then.
  if (workspace.textDocuments.some(({ uri }) => uri.scheme === scheme)) ready().catch((error: unknown) => session.log.warn(String(error)));
  return [
    new Disposable(() => Disposable.from(...loaded).dispose()),
    workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changed.event,
      provideTextDocumentContent: async uri => (await ready()).provide(uri),
    }),
    languages.registerDocumentLinkProvider(
      { scheme },
      { provideDocumentLinks: async document => (await import('./link-provider.ts')).documentLinks(session, document) },
    ),
  ];
}
