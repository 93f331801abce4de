// What the editor says that extensions took to load and to start: Developer: Show Running Extensions.
import type { Workbench } from '../../e2e/workbench/workbench.ts';
import { median } from '../measure.ts';
import { type Row, row } from '../table.ts';

export interface Loads {
  readonly burrowMs: number;
  /** The largest of those that come with the editor. */
  readonly gitMs: number;
}

export async function loadsOf({ page, namespaces, quickInput }: Workbench): Promise<Loads> {
  await namespaces.row(/^net/).waitFor();
  await quickInput.run('Developer: Show Running Extensions');
  const tookMs = async (name: string): Promise<number> => {
    const extension = page.locator('.runtime-extensions-editor .extension').filter({ has: page.getByText(name, { exact: true }) });
    const text = (await extension.locator('.activation-time').textContent()) ?? '';
    const [, ms] = /(\d+)ms/.exec(text) ?? [];
    if (ms === undefined) throw new Error(`${name} did not start: ${text}`);
    return Number(ms);
  };
  const loads = { burrowMs: await tookMs('Burrow: Linux Namespaces'), gitMs: await tookMs('Git') };
  await page.keyboard.press('Escape'); // it lies over the window
  return loads;
}

const LOAD_MS = 50;

export const loadRows = (loads: readonly Loads[]): Row[] => [
  row(
    'loading and starting the extension, by the editor',
    median(loads.map(each => each.burrowMs)),
    'ms',
    loads.length,
    undefined,
    LOAD_MS,
  ),
  row('the same of Git, which comes with the editor', median(loads.map(each => each.gitMs)), 'ms', loads.length),
];
