import { DocumentLink, Range, type TextDocument } from 'vscode';
import type { Machine } from '../machine/machine.ts';
import type { Session } from '../session.ts';
import { namespaceSubject } from '../subject.ts';
import { readAddress, type Shown } from './address.ts';
import { findLinks, type Link } from './links.ts';
import { uriOf } from './provider.ts';

/** What a link shows; undefined for a pid that no process has now, and for the document itself. */
function shownBy(machine: Machine, { to }: Link, here: string): Shown | undefined {
  const start = to.kind === 'process' ? machine.process(to.pid)?.start : undefined;
  if (to.kind === 'process' && start === undefined) return undefined;
  const shown: Shown =
    to.kind === 'namespace' ? namespaceSubject(to.key, machine.namespace(to.key)?.id) : { kind: 'process', pid: to.pid, start: start ?? 0 };
  return JSON.stringify(shown) === here ? undefined : shown;
}

/** Links lead to addresses and never to commands: the text around them comes from other processes. */
export function documentLinks({ machine }: Session, document: TextDocument): DocumentLink[] {
  const here = JSON.stringify(readAddress(document.uri.query));
  return findLinks(document.getText()).flatMap(link => {
    const shown = shownBy(machine, link, here);
    const range = new Range(document.positionAt(link.start), document.positionAt(link.end));
    return shown ? [new DocumentLink(range, uriOf(machine, shown))] : [];
  });
}
