import { visible } from '../hostile-text.ts';

const style = (codes: string, text: string): string => `\x1b[${codes}m${text}\x1b[0m\r\n`;

/** A line of Burrow's own in a terminal, told from the program's by being dim. */
export const notice = (text: string): string => style('2', `burrow: ${visible(text, 1000)}`);

export const complaint = (text: string): string => style('31', `burrow: ${visible(text, 1000)}`);

/** What a program that was killed may have left behind: the other screen, mouse reports, bracketed paste, colours. */
export const tidy = '\x1b[?47l\x1b[!p\x1b[?1000l\x1b[?2004l';

export interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
}

/**
 * @param ending absent when the helper went away first
 * @param limit the limit that ended it
 */
export function endingWords(ending: Ending | undefined, limit?: string): string {
  if (!ending) return 'the helper has stopped';
  if (ending.signal === undefined) return `exit ${ending.exitCode ?? 0}`;
  return `killed by ${ending.signal}${limit === undefined ? '' : ` (${limit})`}`;
}

export const endedCleanly = (ending: Ending | undefined): boolean =>
  ending !== undefined && ending.signal === undefined && ending.exitCode === 0;

export const offer = 'any key closes, Enter opens again';
