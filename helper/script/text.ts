// Text of a shell script around values that are hostile.

/** What no shell gives a meaning to, wherever it stands in a word. */
const PLAIN = /^[\w@%+:,./=-]+$/;

/**
 * What a shell must not see as it is: a script is pasted into terminals, and there a control character is a key.
 * Newlines within quotes do no harm.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const KEYS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** One word of sh(1) that means exactly `text`, which holds no NUL. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!KEYS.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  // Command substitution takes newlines off the end: they are put behind it.
  const end = /\n*$/.exec(text)?.[0] ?? '';
  const format = [...Buffer.from(text.slice(0, text.length - end.length))].map(escapeByte).join('');
  return `"$(printf '${format}')"${end && `'${end}'`}`;
}

const SAFE_BYTE = /[\w@+:,./= #()[\]{}<>|&;!?*~^-]/;

/** For the format of printf(1), within single quotes. */
function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return SAFE_BYTE.test(character) ? character : `\\${byte.toString(8).padStart(3, '0')}`;
}

/** A command line of words; `$work` and its like are not among them. */
export const words = (...all: readonly string[]): string => all.map(quote).join(' ');

/** A file made of lines that no shell looks into before it is executed. */
export function fileOf(path: string, lines: readonly string[]): string[] {
  const text = lines.join('\n').split('\n');
  let end = 'END';
  while (text.includes(end)) end += '_';
  return [`cat >${path} <<'${end}'`, ...lines, end];
}

/** A part of a script below what it is for; a part without lines is none. */
export const section = (comment: string, ...lines: readonly string[]): string[] =>
  lines.length > 0 ? ['', ...commentOf(comment), ...lines] : [];

const COMMENT_CHARACTERS = 100;

/** Only for text of Burrow's own, or after JSON.stringify: a newline would end the comment. */
export function commentOf(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < COMMENT_CHARACTERS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
