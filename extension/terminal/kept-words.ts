import type { Result } from '../../helper/protocol/methods.ts';
import { plural, visible } from '../hostile-text.ts';
import { readTag } from './inside.ts';
import { endingWords } from './messages.ts';
import { joinWords } from './words.ts';

/** A terminal that the helper keeps. */
export type Kept = Result<'terminal/list'>['terminals'][number];

function sinceWords(opened: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(opened)) / 60_000);
  if (!(minutes >= 1)) return 'opened just now';
  if (minutes < 60) return `opened ${plural(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `opened ${plural(hours, 'hour')} ago` : `opened ${plural(Math.floor(hours / 24), 'day')} ago`;
}

/** What it is in. */
export const keptName = ({ tag, label }: Kept): string => readTag(tag)?.name ?? visible(label);

/**
 * A kept terminal as somebody chooses it.
 * @param window the one who looks
 * @param now in milliseconds since 1970
 */
export const keptWords = (kept: Kept, window: string, now: number): { label: string; description: string; detail: string } => ({
  label: keptName(kept),
  description: kept.command ? visible(joinWords(kept.command)) : 'a shell',
  detail: [
    sinceWords(kept.opened, now),
    ...(kept.ended ? [`ended: ${endingWords(kept.ended)}`] : []),
    ...(kept.window === window ? [] : ['of another window']),
  ].join(' · '),
});

/** Those that nobody looks at, in the order in which they were opened. */
export const detached = (terminals: readonly Kept[]): Kept[] =>
  terminals.filter(each => !each.attached).sort((a, b) => (a.opened < b.opened ? -1 : a.opened > b.opened ? 1 : 0));
