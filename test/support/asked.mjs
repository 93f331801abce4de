// The words after `npm test --`: layers, each with words of its own.

/** Words that mean nothing here. */
export class UsageError extends Error {}

/** @typedef {{ layer: string, words: string[] }} Asked */

/**
 * Each word that names a layer begins it; the others belong to the layer before them.
 * @param {readonly string[]} words
 * @param {Readonly<Record<string, { takes?: string }>>} layers `takes` is what words after a layer are; a layer without it takes none
 * @returns {{ asked: Asked[], mayInstall: boolean }}
 * @throws {UsageError}
 */
export function readWords(words, layers) {
  /** @type {Asked[]} */
  const asked = [];
  for (const word of words.filter(each => each !== '--no-install')) {
    const last = asked.at(-1);
    if (word.startsWith('-')) throw new UsageError(`${word} is no option; the only one is --no-install`);
    if (Object.hasOwn(layers, word)) asked.push({ layer: word, words: [] });
    else if (last === undefined) throw new UsageError(`${word} is no layer; the layers are ${Object.keys(layers).join(', ')}`);
    else if (layers[last.layer]?.takes === undefined) throw new UsageError(`${word} is no layer, and ${last.layer} takes no words`);
    else last.words.push(word);
  }
  return { asked, mayInstall: !words.includes('--no-install') };
}

/**
 * The files that words name: each word is a part of their paths, as `sandbox/life` or `test/kernel/entry/`.
 * @param {readonly string[]} files
 * @param {readonly string[]} words all files when empty
 * @throws {UsageError} for a word that is in no path
 */
export function named(files, words) {
  const nothing = words.find(word => !files.some(file => file.includes(word)));
  if (nothing !== undefined) throw new UsageError(`No file of tests here has ${nothing} in its path`);
  return words.length === 0 ? files : files.filter(file => words.some(word => file.includes(word)));
}
