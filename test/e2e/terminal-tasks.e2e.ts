import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefinitionFile } from '../../helper/protocol/definition/file.ts';
import { eventually } from '../support/eventually.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const sandbox = `e2e-tasks-${process.pid}`;
const step = scene('terminal-tasks', {}, async helper => {
  helper.start();
  await helper.call('sandbox/create', { definition: { name: sandbox, network: 'none' } });
});

/** What the editor puts something else for. */
const variable = (name: string): string => ['$', `{${name}}`].join('');

/** What a compiler would print about a file of the folder. */
const matcher = {
  owner: 'burrow-test',
  fileLocation: 'relative',
  pattern: { regexp: '^(.*):(\\d+): (error): (.*)$', file: 1, line: 2, severity: 3, message: 4 },
};

const tasks = [
  {
    label: 'compile',
    type: 'burrow',
    target: `sandbox:${sandbox}`,
    command: 'echo "main.c:3: error: no such thing in $(hostname)"; exit 3',
    problemMatcher: matcher,
  },
  {
    label: 'where',
    type: 'burrow',
    target: `sandbox:${sandbox}`,
    command: ['sh', '-c', 'echo "here: $PWD $FOLDER $1"', 'sh', 'a  b'],
    directory: '/usr',
    environment: { FOLDER: variable('workspaceFolderBasename') },
    problemMatcher: [],
  },
  { label: 'nowhere', type: 'burrow', target: 'sandbox:gone', command: 'true', problemMatcher: [] },
  { label: 'in a file', type: 'burrow', file: 'lab.burrow.jsonc', command: 'echo "made: $(hostname)"; exit 4', problemMatcher: [] },
];
const definition = { name: 'lab', network: 'none', limits: { memory: '64M' }, command: ['true'] };

async function runTask({ quickInput }: Workbench, label: string): Promise<void> {
  await quickInput.runExactly('Tasks: Run Task');
  await quickInput.choose(new RegExp(`^${label}`));
  await quickInput.waitUntilClosed();
}

step('a task runs in the sandbox, and what it prints is matched', async ({ workbench }) => {
  mkdirSync(join(workbench.folder, '.vscode'), { recursive: true });
  writeFileSync(join(workbench.folder, '.vscode/tasks.json'), JSON.stringify({ version: '2.0.0', tasks }));
  writeFileSync(join(workbench.folder, 'main.c'), 'int\nmain\n(\n');
  writeFileSync(join(workbench.folder, 'lab.burrow.jsonc'), JSON.stringify(DefinitionFile.parse(definition) && definition));
  // A window that is opened on it finds what is in it; one that is open already does so some time.
  await workbench.reload();
  await workbench.sandboxes.row(sandbox).waitFor();
  await runTask(workbench, 'compile');
  // The first task of a workspace is asked about, and no other.
  await workbench.notifications.dialog.filter({ hasText: `A task of this workspace runs a command in sandbox:${sandbox}.` }).waitFor();
  await workbench.notifications.answer('Allow');
  await workbench.terminal.waitFor(new RegExp(`main\\.c:3: error: no such thing in ${sandbox}`));
  await workbench.terminal.waitFor(/exit code: 3/);
  await workbench.statusBar.problems(1).waitFor();
});

step('a list is executed as it is, where the task says', async ({ workbench }) => {
  await runTask(workbench, 'where');
  await workbench.terminal.waitFor(/^here: \/usr workspace a {2}b$/m);
});

step('a task in something that is not there says so and fails', async ({ workbench }) => {
  await runTask(workbench, 'nowhere');
  await workbench.terminal.waitFor(/burrow: There is no sandbox:gone on this machine now\./);
  await workbench.terminal.waitFor(/exit code: 1/);
});

step('a task with a file runs in a sandbox that is there only for it', async ({ workbench, helper }) => {
  await runTask(workbench, 'in a file');
  await workbench.terminal.waitFor(/^made: lab$/m);
  await workbench.terminal.waitFor(/burrow: exit 4/);
  await workbench.terminal.waitFor(/s wall time/);
  await eventually('the end of lab', async () => {
    const { sandboxes } = await helper.call('sandbox/list', {});
    return sandboxes.every(each => each.name !== 'lab');
  });
});

step('the definition of the folder is offered as a task', async ({ workbench }) => {
  const { quickInput, terminal } = workbench;
  await quickInput.runExactly('Tasks: Run Task');
  await quickInput.choose('burrow');
  await quickInput.choose(/run lab\.burrow\.jsonc/);
  if (await quickInput.row(/Continue without scanning/).isVisible()) await quickInput.choose(/Continue without scanning/);
  await terminal.waitFor(/burrow: exit 0/);
  assert.match(await terminal.text(), /s wall time/);
});
