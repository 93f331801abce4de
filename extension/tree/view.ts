import {
  type Disposable,
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
import type { Machine } from '../machine.ts';
import type { Session } from '../session.ts';
import { type TreeNode, tooltipMarkdown } from './node.ts';
import { type Element, Outline } from './outline.ts';

function collapsible({ children, expanded }: TreeNode): TreeItemCollapsibleState {
  if (!children) return TreeItemCollapsibleState.None;
  return expanded ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed;
}

function tooltipOf({ tooltip }: TreeNode): MarkdownString | undefined {
  if (!tooltip) return undefined;
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
  item.iconPath = new ThemeIcon(node.icon, node.dimmed ? new ThemeColor('disabledForeground') : undefined);
  item.contextValue = node.context;
  const tooltip = tooltipOf(node);
  // Not an empty text: that would be what a screen reader reads.
  if (tooltip) item.tooltip = tooltip;
  return item;
}

/** A view of the machine, kept up to date without losing what is selected and open. */
export interface MachineView extends Disposable {
  readonly view: TreeView<Element>;
  /** The element at the top level with this id. */
  root(id: string): Element | undefined;
}

/** @param tree what the view shows of a machine; not called when no helper runs, so that the view can welcome */
export function showTree(session: Session, id: ViewId, tree: (machine: Machine) => readonly TreeNode[]): MachineView {
  const outline = new Outline();
  const changed = new EventEmitter<Element[] | undefined>();
  const nodes = (): readonly TreeNode[] => (session.state.kind === 'running' ? tree(session.machine) : []);
  outline.update(nodes());
  const listening = session.onDidChangeMachine(() => {
    const again = outline.update(nodes());
    if (again === 'everything') changed.fire(undefined);
    else if (again.length > 0) changed.fire(again);
  });
  const view = window.createTreeView<Element>(id, {
    showCollapseAll: true,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: element => outline.children(element),
      getTreeItem: ({ node }) => itemOf(node),
      getParent: ({ parent }) => parent,
    },
  });
  return {
    view,
    root: id => outline.children().find(each => each.node.id === id),
    dispose: () => [listening, view, changed].map(each => each.dispose()),
  };
}
