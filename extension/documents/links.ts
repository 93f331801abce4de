import type { NamespaceKey } from '../../helper/protocol/model.ts';
import { findNamespaces } from '../namespace-words.ts';

/** A part of a document that leads to another one. */
export interface Link {
  /** Offsets in the text; the end is after the last character. */
  readonly start: number;
  readonly end: number;
  readonly to: { readonly kind: 'namespace'; readonly key: NamespaceKey } | { readonly kind: 'process'; readonly pid: number };
}

// Only where the document itself writes a pid: a command line may say "process 1" too.
const pidPattern = /^(\s*- (?:(?:fd \d+|socket \d+|thread \d+|next child) of )?process |# process |\s*(?:pid|init|parent): )(\d{1,10})\b/gm;

const namespaceLinks = (text: string): Link[] =>
  findNamespaces(text).map(({ start, end, key }) => ({ start, end, to: { kind: 'namespace', key } }));

function processLinks(text: string): Link[] {
  return [...text.matchAll(pidPattern)].map(({ 0: whole, 2: digits = '', index }) => {
    const end = index + whole.length;
    return { start: end - digits.length, end, to: { kind: 'process', pid: Number(digits) } };
  });
}

/** Every inode and every pid of a details document, in the order of the text. */
export const findLinks = (text: string): Link[] => [...namespaceLinks(text), ...processLinks(text)].sort((a, b) => a.start - b.start);
