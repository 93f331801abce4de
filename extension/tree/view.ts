import {
  type Disposable,
  type Event,
  EventEmitter,
  MarkdownString,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
} from 'vscode';
import type { ViewId } from '../command-ids.ts';
import type { Machine } from '../machine/machine.ts';
import type { Session } from '../session.ts';
import { type Tone, type Tooltip, type TreeNode, tooltipMarkdown } from './node.ts';
import { type Element, Outline } from './outline.ts';
import { inSlices } from './slices.ts';

const colors: Readonly<Record<Tone, string>> = { dimmed: 'disabledForeground', warning: 'list.warningForeground' };

function collapsible({ children, expanded }: TreeNode): TreeItemCollapsibleState {
  if (!children) return TreeItemCollapsibleState.None;
  return expanded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

function markdownOf(tooltip: Tooltip): MarkdownString {
  const markdown = new MarkdownString(tooltipMarkdown(tooltip));
  // Said although they are the defaults: what is shown comes from other processes.
  markdown.isTrusted = false;
  markdown.supportHtml = false;
  markdown.supportThemeIcons = false;
  return markdown;
}

function itemOf(node: TreeNode): TreeItem {
  const item = new TreeItem(node.label, collapsible(node));
  item.id = node.id;
  if (node.description !== undefined) item.description = node.description;
  item.iconPath = new ThemeIcon(node.icon, node.tone && new ThemeColor(colors[node.tone]));
  item.contextValue = node.context;
  return item;
}

/** A view of the machine, kept up to date without losing what is selected and open. */
export interface MachineView extends Disposable {
  readonly view: TreeView<Element>;
  /** The element at the top level with this id, in the tree as it is now. */
  root(id: string): Promise<Element | undefined>;
}

/** Keeps an outline up to date while somebody looks at it. */
class Drawing implements Disposable {
  readonly outline = new Outline();
  readonly #nodes: () => readonly TreeNode[];
  readonly #changed = new EventEmitter<Element[] | undefined>();
  readonly onDidChange = this.#changed.event;
  #renewing: Promise<void> | undefined;
  #stale = false;

  constructor(nodes: () => readonly TreeNode[]) {
    this.#nodes = nodes;
  }

  /** Resolves when the outline is that of the machine at the time of the call, or of later. */
  async renew(): Promise<void> {
    this.#stale = true;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async #renew(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const again = await inSlices(this.outline.update(this.#nodes()));
      if (again === 'everything') this.#changed.fire(undefined);
      else if (again.length > 0) this.#changed.fire(again);
    }
  }

  dispose(): void {
    this.#changed.dispose();
  }
}

/**
 * @param tree what the view shows of a machine; not called when no helper runs, so that the view can welcome
 * @param rearranged when the same machine is to be shown in another way
 */
export function showTree(
  session: Session,
  id: ViewId,
  tree: (machine: Machine) => readonly TreeNode[],
  rearranged?: Event<void>,
): MachineView {
  const drawing = new Drawing(() => (session.state.kind === 'running' ? tree(session.machine) : []));
  const { outline } = drawing;
  const report = (error: unknown): void => session.log.error(error instanceof Error ? error : String(error));
  const renew = (): void => {
    drawing.renew().catch(report);
  };
  const view = window.createTreeView<Element>(id, {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: drawing.onDidChange,
      getChildren: element => outline.children(element),
      getTreeItem: ({ node }) => itemOf(node),
      getParent: ({ parent }) => parent,
      resolveTreeItem: (item, { node }) => {
        if (node.tooltip) item.tooltip = markdownOf(node.tooltip());
        return item;
      },
    },
  });
  // What nobody sees is drawn when it is looked at.
  const look = (): void => {
    if (view.visible || !outline.isAsked) renew();
  };
  const listeners = [
    session.onDidChangeMachine(look),
    view.onDidChangeVisibility(look),
    view.onDidCollapseElement(({ element }) => {
      element.closed = true;
    }),
    view.onDidExpandElement(({ element }) => {
      element.closed = false;
    }),
    ...(rearranged ? [rearranged(look)] : []),
  ];
  renew();
  return {
    view,
    root: async id => {
      await drawing.renew();
      return outline.children().find(each => each.node.id === id);
    },
    dispose: () => [...listeners, view, drawing].map(each => each.dispose()),
  };
}
