import { NamespaceKey } from '../helper/protocol/model.ts';

/** A namespace that a text names as the kernel does: `net:[4026531833]`. */
export interface Named {
  /** Offsets in the text; the end is after the last character. */
  readonly start: number;
  readonly end: number;
  readonly key: NamespaceKey;
}

const pattern = /\b(cgroup|ipc|mnt|net|pid|time|user|uts):\[(\d{1,10})\]/g;

export const findNamespaces = (text: string): Named[] =>
  [...text.matchAll(pattern)].flatMap(({ 0: whole, 1: type, 2: inode, index }) => {
    const key = NamespaceKey.safeParse({ type, inode: Number(inode) });
    return key.success ? [{ start: index, end: index + whole.length, key: key.data }] : [];
  });
