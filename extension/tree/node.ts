import { escapeMarkdown } from '../hostile-text.ts';
import type { Subject } from '../subject.ts';

/** What a tree shows: plain data that a test can compare. Every text has gone through `visible`. */
export interface TreeNode {
  /** The same for the same object in every snapshot, and unique in its tree. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  /** A codicon. */
  readonly icon: string;
  readonly dimmed?: boolean;
  /** What can be done with it, as words that menus look for: `namespace enterable`. */
  readonly context: string;
  readonly tooltip?: Tooltip;
  readonly subject?: Subject;
  readonly expanded?: boolean;
  /** Absent when it can have none; called when the person opens it. */
  readonly children?: () => readonly TreeNode[];
}

export interface Tooltip {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
}

/** Markdown of a tooltip, in which no text of another process has a meaning. */
export const tooltipMarkdown = ({ title, facts }: Tooltip): string =>
  [`**${escapeMarkdown(title)}**`, ...facts.map(([name, value]) => `${escapeMarkdown(name)}: ${escapeMarkdown(value)}`)].join('  \n');

/** What of a node the view draws; two nodes with the same appearance need no redrawing. */
export const appearance = ({ children, ...drawn }: TreeNode): string => JSON.stringify([drawn, children !== undefined]);
