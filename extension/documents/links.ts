import { type NamespaceKey, NamespaceKey as NamespaceKeySchema } from '../../helper/protocol/model.ts';

/** A part of a document that leads to another one. */
export interface Link {
  /** Offsets in the text; the end is after the last character. */
  readonly start: number;
  readonly end: number;
  readonly to: { readonly kind: 'namespace'; readonly key: NamespaceKey } | { readonly kind: 'process'; readonly pid: number };
}

const namespacePattern = /\b(cgroup|ipc|mnt|net|pid|time|user|uts):\[(\d{1,10})\]/g;
// Only where the document itself writes a pid: a command line may say "process 1" too.
const pidPattern = /^(\s*- (?:(?:fd \d+|socket \d+|thread \d+|next child) of )?process |# process |\s*(?:pid|init|parent): )(\d{1,10})\b/gm;

function namespaceLinks(text: string): Link[] {
  return [...text.matchAll(namespacePattern)].flatMap(({ 0: whole, 1: type, 2: inode, index }) => {
    const key = NamespaceKeySchema.safeParse({ type, inode: Number(inode) });
    return key.success ? [{ start: index, end: index + whole.length, to: { kind: 'namespace' as const, key: key.data } }] : [];
  });
}

function processLinks(text: string): Link[] {
  return [...text.matchAll(pidPattern)].map(({ 0: whole, 2: digits = '', index }) => {
    const end = index + whole.length;
    return { start: end - digits.length, end, to: { kind: 'process', pid: Number(digits) } };
  });
}

/** Every inode and every pid of a details document, in the order of the text. */
export const findLinks = (text: string): Link[] => [...namespaceLinks(text), ...processLinks(text)].sort((a, b) => a.start - b.start);
