// Burrow against what people use today, side by side in one run: npm run bench [-- GROUP…]. Needs root, runc and busybox.
import { discovery } from './discovery/discovery.ts';
import { hostile } from './hostile/hostile.ts';
import { machine } from './machine.ts';
import { sandbox } from './sandbox/sandbox.ts';
import { keep, print, type Row } from './table.ts';
import { terminal } from './terminal/terminal.ts';
import { window } from './window/window.ts';

/** The contests by what they are about; each group has a file of results. */
const groups: Readonly<Record<string, () => Promise<Row[]>>> = { discovery, terminal, window, sandbox, hostile };

const asked = process.argv.slice(2);
const unknown = asked.find(name => !Object.hasOwn(groups, name));
if (unknown !== undefined) throw new Error(`${unknown} is no group of contests; the groups are ${Object.keys(groups).join(', ')}`);

for (const [name, contests] of Object.entries(groups)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const facts = machine();
  const rows = await contests();
  print(rows);
  keep(name, facts, rows);
}
