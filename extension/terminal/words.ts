/** A command line that cannot be split; the message is what to tell the person. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

// A word is a run of plain characters, escaped ones and quoted parts, with nothing between them.
const part = /([^\s'"\\]+)|\\([\s\S])|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|(\s+)|([\s\S])/g;

/**
 * Splits a command line at its blanks. Quotes and backslashes keep blanks in a word, as in a shell;
 * nothing else has a meaning, since no shell reads it.
 *
 * @throws Unfinished when a quote is not closed
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [, plain, escaped, single, double, blank, stray] of line.matchAll(part)) {
    if (stray !== undefined)
      throw new Unfinished(stray === '\\' ? 'A backslash at the end escapes nothing.' : `The quote ${stray} is not closed.`);
    if (blank === undefined) {
      word = (word ?? '') + (plain ?? escaped ?? single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? '');
      continue;
    }
    if (word !== undefined) words.push(word);
    word = undefined;
  }
  return word === undefined ? words : [...words, word];
}

/** A word as {@link splitWords} reads it. */
const quoted = (word: string): string => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const joinWords = (words: readonly string[]): string => words.map(quoted).join(' ');
