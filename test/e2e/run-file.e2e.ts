import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { scene } from './workbench/scene.ts';
import type { Workbench } from './workbench/workbench.ts';

const step = scene('run-file', {
  settings: { 'burrow.run.memory': '64M', 'burrow.run.processes': 16, 'burrow.run.cpuSeconds': 1, 'burrow.run.wallSeconds': 4 },
});

const run = 'Burrow: Run Active File in Sandbox';
/** The last line of a run, of any. */
const figures = /^burrow: [\d.]+ s wall time, [\d.]+ s CPU time, .+ memory at most; any key closes, Enter runs it again/m;

async function runs(workbench: Workbench, name: string, text: string): Promise<void> {
  await workbench.edit(name, text);
  await workbench.quickInput.run(run);
  await workbench.terminal.waitUntilFocused();
}

/** Waits for the end of what runs, and closes its terminal. */
async function ends({ terminal }: Workbench, line: RegExp): Promise<void> {
  await terminal.waitFor(line);
  await terminal.waitFor(figures);
  await terminal.press('q');
  await terminal.waitUntilClosed();
}

const facts = `
echo "links: $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ')"
echo "here: $(pwd)"
(echo x > /etc/burrow-was-here) 2>/dev/null && echo 'wrote to /etc'
echo x > scratch && echo 'wrote here'
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status
exit 3
`;

step('a file runs where there is no network and nothing to write to but its scratch', async ({ workbench }) => {
  await runs(workbench, 'facts.sh', facts);
  const { terminal } = workbench;
  await terminal.waitFor(/^burrow: exit 3$/m);
  const text = await terminal.text();
  assert.match(text, /^links: lo$/m);
  assert.match(text, /^here: \/tmp$/m);
  assert.doesNotMatch(text, /wrote to \/etc/);
  assert.match(text, /^wrote here$/m);
  assert.match(text, /^CapEff:\s+0+$/m);
  assert.match(text, /^NoNewPrivs:\s+1$/m);
  assert.match(text, /^Seccomp:\s+2$/m);
  assert.match(text, figures);
  assert.ok(!existsSync('/etc/burrow-was-here'));
});

step('Enter runs it again', async ({ workbench }) => {
  await workbench.terminal.press('Enter');
  await workbench.terminal.waitFor(/burrow: exit 3\n[\s\S]*links: lo[\s\S]*burrow: exit 3\n/);
  await ends(workbench, /burrow: exit 3\n[\s\S]*burrow: exit 3\n/);
});

step('Copy Last Report as JSON has what the terminal said', async ({ workbench }) => {
  await workbench.quickInput.run('Burrow: Copy Last Report as JSON');
  const report = await eventually('a report in the clipboard', async () => {
    const text = await workbench.copied();
    return text.startsWith('{') && (JSON.parse(text) as Record<string, unknown>);
  });
  assert.equal(report['exitCode'], 3);
  for (const key of ['wallSeconds', 'cpuSeconds', 'memoryPeakBytes']) assert.equal(typeof report[key], 'number', key);
});

step('what needs more memory is killed', async ({ workbench }) => {
  await runs(workbench, 'memory.py', 'held = []\nwhile True:\n    held.append(bytearray(1 << 20))\n');
  await ends(workbench, /^burrow: killed by SIGKILL \(memory limit of run-memory-py, 64 MB\)$/m);
});

step('what needs more processor time is killed', async ({ workbench }) => {
  await runs(workbench, 'cpu.sh', 'while :; do :; done\n');
  await ends(workbench, /^burrow: killed after 1 s of CPU time \(limit of CPU time\)$/m);
});

step('what takes too long is killed, and is a row until then', async ({ workbench }) => {
  await runs(workbench, 'wall.sh', 'sleep 100\n');
  await workbench.sandboxes.row(/^run-wall-sh running wall\.sh · at most 4 s/).waitFor();
  await ends(workbench, /^burrow: killed after 4 s \(limit of wall time\)$/m);
  await workbench.sandboxes.row(/^run-wall-sh/).waitFor({ state: 'detached' });
});

step('more processes are refused', async ({ workbench }) => {
  const spawns = [
    'import subprocess, sys',
    'for count in range(100):',
    '    try:',
    "        subprocess.Popen(['sleep', '1000'])",
    '    except OSError as error:',
    '        sys.exit(error.errno)',
  ];
  await runs(workbench, 'processes.py', `${spawns.join('\n')}\n`);
  await workbench.terminal.waitFor(/^burrow: exit 11$/m);
  await ends(workbench, /^burrow: \d+ new process(?: was|es were) refused \(process limit of run-processes-py, 16\)$/m);
});

step('Stop Run ends it', async ({ workbench }) => {
  await runs(workbench, 'stop.sh', 'echo began; sleep 100\n');
  await workbench.terminal.waitFor(/^began$/m);
  await workbench.sandboxes.press(/^run-stop-sh/, 'Stop Run');
  await workbench.terminal.waitFor(/^burrow: stopped$/m);
  await workbench.sandboxes.row(/^run-stop-sh/).waitFor({ state: 'detached' });
  await workbench.terminal.focus();
  await workbench.terminal.press('q');
  await workbench.terminal.waitUntilClosed();
});

step('closing the terminal ends whatever the file started', async ({ workbench, helper }) => {
  await runs(workbench, 'close.sh', 'sleep 1000 & sleep 1000\n');
  await eventually('the run', async () => (await helper.call('sandbox/list', {})).sandboxes.length === 1);
  await workbench.quickInput.run('Terminal: Kill the Active Terminal Instance');
  await workbench.terminal.waitUntilClosed();
  await eventually('the end of the run', async () => (await helper.call('sandbox/list', {})).sandboxes.length === 0);
});

step('a program runs by its own first line, and a source is refused with a sentence', async ({ workbench }) => {
  await workbench.edit('script', '#!/bin/sh\necho "I am $0"\n', 0o755);
  await workbench.quickInput.run(run);
  await ends(workbench, /^I am \/tmp\/script$[\s\S]*^burrow: exit 0$/m);
  await workbench.edit('main.c', 'int main(void) { return 0; }\n');
  await workbench.quickInput.run(run);
  await workbench.notifications.toast('main.c is C: compile it first, and run what comes out of it.').waitFor();
  assert.ok(existsSync(join(workbench.folder, 'main.c')));
});
