import type { NamespaceKey } from '../helper/protocol/model.ts';
import { namespaceTypes } from '../helper/protocol/namespaces.ts';

/** A namespace that a text names as the kernel does: `net:[4026531833]`. */
export interface Named {
  /** Offsets in the text; the end is after the last character. */
  readonly start: number;
  readonly end: number;
  readonly key: NamespaceKey;
}

const pattern = new RegExp(`\\b(${namespaceTypes.join('|')}):\\[(\\d{1,10})\\]`, 'g');
/** An inode has 32 bits. */
const highest = 0xffff_ffff;

export const findNamespaces = (text: string): Named[] =>
  [...text.matchAll(pattern)].flatMap(({ 0: whole, 1: word, 2: digits, index }) => {
    const type = namespaceTypes.find(each => each === word);
    const inode = Number(digits);
    return type && inode >= 1 && inode <= highest ? [{ start: index, end: index + whole.length, key: { type, inode } }] : [];
  });
