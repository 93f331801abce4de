// Text of other processes for people's eyes: what drives a terminal, breaks a line, hides text or turns its direction
// round is shown and not obeyed.

/** Controls (C0, DEL, C1), formats, separators of lines and paragraphs, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** The same without the line feeds that JSON is laid out with; those within its strings are escaped already. */
const unseenInJson = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Unicode has a picture for each C0 control, and for DEL. */
function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '␡' : `\\u{${code.toString(16)}}`;
}

/** As one line. */
export const visible = (text: string): string => text.replace(unseen, picture);

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');

/** JSON of the same value, in which nothing is that cannot be seen. */
export const visibleJson = (value: unknown, indent?: number): string => JSON.stringify(value, null, indent).replace(unseenInJson, escaped);
