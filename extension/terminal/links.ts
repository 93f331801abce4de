import { commands, type Disposable, type TerminalLink, type TerminalLinkProvider, window } from 'vscode';
import type { NamespaceKey } from '../../helper/protocol/model.ts';
import type { CommandId } from '../command-ids.ts';
import { findNamespaces } from '../namespace-words.ts';
import type { Session } from '../session.ts';
import { namespaceSubject } from '../subject.ts';

interface NamespaceLink extends TerminalLink {
  readonly key: NamespaceKey;
}

/** `net:[4026531833]` in any terminal leads to the details of that namespace, when there is one. */
export function registerLinks(session: Session): Disposable {
  const provider: TerminalLinkProvider<NamespaceLink> = {
    provideTerminalLinks: ({ line }) =>
      findNamespaces(line)
        .filter(({ key }) => session.machine.namespace(key) !== undefined)
        .map(({ start, end, key }) => ({ startIndex: start, length: end - start, tooltip: 'Show Details', key })),
    handleTerminalLink: async ({ key }) => {
      const subject = namespaceSubject(key, session.machine.namespace(key)?.id);
      await commands.executeCommand('burrow.namespace.showDetails' satisfies CommandId, subject);
    },
  };
  return window.registerTerminalLinkProvider(provider);
}
