import { window, workspace } from 'vscode';
import { readSetting, writeSetting } from '../settings.ts';
import { type Arrangement, type Grouping, groupings, groupingWords } from './arrangement.ts';

const configuration = () => workspace.getConfiguration('burrow');

const isGrouping = (text: string): text is Grouping => groupings.some(each => each === text);

/** As the settings have it; by type where they have a word that is none. */
export function readArrangement(): Arrangement {
  const groupBy = readSetting(configuration(), 'namespaces.groupBy');
  return {
    groupBy: isGrouping(groupBy) ? groupBy : 'type',
    hideKernelThreads: readSetting(configuration(), 'namespaces.hideKernelThreads'),
    hideHost: readSetting(configuration(), 'namespaces.hideHost'),
  };
}

/** What of the view's contents can be hidden, and the setting that does it. */
const hidden = {
  kernelThreads: { setting: 'namespaces.hideKernelThreads', label: 'Kernel threads', detail: 'What runs only in the kernel' },
  host: {
    setting: 'namespaces.hideHost',
    label: "The host's own namespaces",
    detail: 'Those that the machine booted with, and the processes that are in no others',
  },
} as const;
type Hidden = keyof typeof hidden;

export const hide = (what: Hidden, on: boolean): Promise<void> => writeSetting(configuration(), hidden[what].setting, on);

/** Asks how to group the namespaces; the present way is marked and comes first under the cursor. */
export async function groupNamespaces(): Promise<void> {
  const { groupBy } = readArrangement();
  const input = window.createQuickPick<{ label: string; detail: string; grouping: Grouping; description?: string }>();
  input.title = 'Group Namespaces By';
  // A look at another window is no answer.
  input.ignoreFocusOut = true;
  input.items = groupings.map(grouping => ({
    ...groupingWords[grouping],
    grouping,
    ...(grouping === groupBy ? { description: '$(check) now' } : {}),
  }));
  input.activeItems = input.items.filter(each => each.grouping === groupBy);
  const chosen = await new Promise<Grouping | undefined>(resolve => {
    input.onDidAccept(() => resolve(input.selectedItems[0]?.grouping));
    input.onDidHide(() => resolve(undefined));
    input.show();
  });
  input.dispose();
  if (chosen) await writeSetting(configuration(), 'namespaces.groupBy', chosen);
}

/** Asks what to hide; what is hidden is ticked. */
export async function filterNamespaces(): Promise<void> {
  const now = configuration();
  const items = (Object.keys(hidden) as Hidden[]).map(what => ({
    what,
    label: hidden[what].label,
    detail: hidden[what].detail,
    picked: readSetting(now, hidden[what].setting),
  }));
  const chosen = await window.showQuickPick(items, {
    title: 'Hide in Namespaces',
    canPickMany: true,
    ignoreFocusOut: true,
    placeHolder: 'Nothing ticked shows all',
  });
  if (!chosen) return;
  for (const { what, picked } of items) {
    const wanted = chosen.some(each => each.what === what);
    if (wanted !== picked) await hide(what, wanted);
  }
}
