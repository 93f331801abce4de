import { visible as seen } from '../helper/protocol/visible.ts';

const labelLength = 100;

/** Text of another process as one line: what cannot be seen is made visible, what is too long is cut and says so. */
export function visible(text: string, length = labelLength): string {
  const cut = [...text.slice(0, length * 2)];
  const bounded = cut.length > length || text.length > length * 2 ? `${cut.slice(0, length - 1).join('')}…` : text;
  return seen(bounded);
}

/**
 * For places where the workbench itself draws `$(icon)` and follows `[link](command:…)`: notifications,
 * quick picks, prompts.
 */
export const inert = (text: string, length = 1000): string => visible(text, length).replaceAll('](', '] (').replaceAll('$(', '$ (');

/** Markdown that shows the text as it is. CommonMark lets every ASCII punctuation character be escaped. */
export const escapeMarkdown = (text: string, length = 1000): string => visible(text, length).replace(/[!-/:-@[-`{-~]/g, '\\$&');

/** The last part of a path, which an editor shows as the tab's title. */
export const pathSegment = (text: string): string => visible(text, 60).replace(/[/\\?#%]/g, '_');

export const plural = (count: number, one: string, many = `${one}s`): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
