// Commands in a target, as a client starts them: what they are from outside, and what they say themselves.
import { readdirSync, readFileSync } from 'node:fs';
import type { ParamsInput } from '../../../../helper/protocol/methods.ts';
import { eventually } from '../../../support/eventually.ts';
import { types } from '../../support/belongings.ts';
import type { Machine } from '../../support/machine.ts';
import { Terminal } from '../../support/terminal.ts';
import { isAsleep } from './facts.ts';

/** A request may be for a command with pipes or for a terminal. */
export const ways = ['run', 'terminal'] as const;
export type Way = (typeof ways)[number];

export type Entering = Omit<ParamsInput<'process/run'>, 'command'>;

/** How long each command would sleep, by which it is told from the others. */
let seconds = 1_000_000;

/** The process of this helper's that has these words, once it does what they say. */
export function childOf(helper: number, words: readonly string[]): number | undefined {
  const children = readdirSync(`/proc/${helper}/task`).flatMap(task => read(`/proc/${helper}/task/${task}/children`).split(' '));
  return children
    .filter(Boolean)
    .map(Number)
    .find(pid => read(`/proc/${pid}/cmdline`) === `${words.join('\0')}\0` && isAsleep(pid));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended in the meantime
  }
}

/** Shows `look` a command that sleeps in a target, and ends it. */
export async function whileThere(
  machine: Machine,
  way: Way,
  entry: Entering,
  look: (pid: number, notices: readonly string[]) => void | Promise<void>,
): Promise<void> {
  const command = ['sleep', `${++seconds}`];
  const find = (): number | undefined => childOf(machine.pid, command);
  if (way === 'terminal') {
    const terminal = await Terminal.open(machine, { ...entry, command });
    try {
      await look(await eventually('the command', find), terminal.notices);
    } finally {
      await terminal.close();
    }
    return;
  }
  let early: unknown;
  const asked = machine.call('process/run', { ...entry, command }).then(
    result => {
      early = new Error(`it ended: ${JSON.stringify(result)}`);
    },
    (error: unknown) => {
      early = error;
    },
  );
  const pid = await eventually('the command', () => {
    if (early !== undefined) throw early;
    return find();
  });
  try {
    await look(pid, []);
  } finally {
    process.kill(pid, 'SIGKILL');
    await asked;
  }
}

/** What it prints is parted by lines of their own: `== NAME`. */
const questions: Readonly<Record<string, string>> = {
  namespaces: `for t in ${types.join(' ')}; do readlink /proc/self/ns/$t; done`,
  uid: 'id -u',
  gid: 'id -g',
  groups: 'id -G',
  cgroups: 'cat /proc/self/cgroup',
  powers: "grep -E '^(Cap...|NoNewPrivs|Seccomp):' /proc/self/status",
  terminal: 'tty',
  device: '[ -c "$(tty)" ] && stat -c %F "$(tty)"',
  directory: 'pwd',
  descriptors: 'ls -1 /proc/self/fd',
  // The first child's parent is the shell, if /proc counts as the shell does.
  proc: 'p=$(cut -d" " -f4 /proc/self/stat); [ "$p" = $$ ] && echo own || echo "$p is not $$"',
  first: 'tr "\\0" " " </proc/1/cmdline',
  links: 'ls -1 /sys/class/net',
  target: 'echo "$BURROW_TARGET"',
  targetRoot: 'stat -c %d:%i "$BURROW_TARGET/"',
  root: 'stat -c %d:%i /usr/.',
  home: 'echo "$HOME"',
};

export type Answers = Readonly<Record<string, string>>;

const script = `exec 2>&1; ${Object.entries(questions)
  .map(([name, line]) => `echo; echo "== ${name}"; ${line}`)
  .join('; ')}; echo; echo "== end"`;

/** What a shell in a target answers, by the names of the questions. */
export async function answers(machine: Machine, way: Way, entry: Entering): Promise<Answers> {
  const said = await output(machine, way, { ...entry, command: ['sh', '-c', script] });
  const parts = said.split(/^== (\w+)\n/m);
  if (parts.at(-2) !== 'end') throw new Error(`the shell came to no end: ${said}`);
  return Object.fromEntries(
    Object.keys(questions).map(name => {
      const at = parts.indexOf(name);
      return [name, (parts[at + 1] ?? '').trim()];
    }),
  );
}

/** All that a command writes. */
export async function output(machine: Machine, way: Way, entry: ParamsInput<'process/run'>): Promise<string> {
  if (way === 'run') {
    const { stdout, stderr } = await machine.call('process/run', entry);
    return stdout + stderr;
  }
  const terminal = await Terminal.open(machine, entry);
  await terminal.ended;
  await terminal.hungUp;
  return terminal.output.replaceAll('\r\n', '\n');
}
