import { escapeMarkdown } from '../hostile-text.ts';
import type { Subject } from '../subject.ts';

/** What a tree shows: plain data that a test can compare. Every text has gone through `visible`. */
export interface TreeNode {
  /** The same for the same object at every moment, and unique in its tree. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** A codicon. */
  readonly icon: string;
  readonly tone?: Tone;
  /** What can be done with it, as words that menus look for: `namespace enterable`. */
  readonly context: string;
  /** Made when the mouse rests on it. */
  readonly tooltip?: () => Tooltip;
  /** What it shows, which is another object as soon as anything of it has changed. */
  readonly about?: object | undefined;
  readonly subject?: Subject;
  readonly expanded?: boolean;
  /** Absent when it can have none; called when the person opens it. */
  readonly children?: () => readonly TreeNode[];
}

/** How an icon stands out: it is nothing of interest, or it is unusual. */
export type Tone = 'dimmed' | 'warning';

export interface Tooltip {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
}

/** Facts that are known; the others are left out. */
export const facts = (...all: (readonly [string, string | undefined])[]): (readonly [string, string])[] =>
  all.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value] as const]));

/** Markdown of a tooltip, in which no text of another process has a meaning. */
export const tooltipMarkdown = ({ title, facts }: Tooltip): string =>
  [`**${escapeMarkdown(title)}**`, ...facts.map(([name, value]) => `${escapeMarkdown(name)}: ${escapeMarkdown(value)}`)].join('  \n');

const drawn = ['label', 'description', 'icon', 'tone', 'context', 'about'] as const;

/** Whether a node is drawn as another one is, so that it need not be drawn again. */
export const looksLike = (one: TreeNode, other: TreeNode): boolean =>
  drawn.every(each => one[each] === other[each]) && (one.children === undefined) === (other.children === undefined);
