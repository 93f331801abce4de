// The files that a sandbox with a thrown-away root wrote, as a person chooses among them.
import type { Result } from '../../helper/protocol/methods.ts';
import { sizeWords } from '../amounts.ts';
import type { Choice } from '../questions.ts';

export type Changes = Result<'sandbox/changes'>;
type Change = Changes['changes'][number];

const icons: Readonly<Record<Change['kind'], string>> = { added: 'diff-added', changed: 'diff-modified', removed: 'diff-removed' };

/** How a changed file is offered. Directories come with what is in them. */
export const changeChoice = ({ path, kind, type, sizeBytes }: Change): Choice<string> => ({
  label: path,
  description: [kind, ...(type === 'file' ? [] : [type]), ...(type === 'file' && kind !== 'removed' ? [sizeWords(sizeBytes)] : [])].join(
    ' · ',
  ),
  icon: icons[kind],
  value: path,
});

/** Of many the directories are only on the way to what was changed in them. */
export const offeredChanges = ({ changes }: Changes): readonly Change[] =>
  changes
    .filter(each => each.type !== 'directory' || each.kind === 'removed' || isLeaf(each, changes))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

const isLeaf = ({ path }: Change, all: readonly Change[]): boolean => !all.some(each => each.path.startsWith(`${path}/`));

/** What the title says: how many there are, and whether these are all. */
export const changesWords = (name: string, { changes, cut }: Changes): string =>
  `Changed Files of ${name}${cut ? `, the first ${changes.length.toLocaleString('en')}` : ''}`;
