import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Terminal, window } from 'vscode';
import { runnerWords, shellLine } from '../../helper/protocol/shell-line.ts';
import { answers } from './dial.ts';
import { LaunchFailed } from './errors.ts';

/** What is run: the helper's bundle, by the Node that runs the extension. */
export interface Program {
  readonly script: string;
  readonly socket: string;
}

const pollMs = 200;
const passwordMs = 10 * 60_000;

export const isRoot = (): boolean => process.getuid?.() === 0;

/** A plain Node takes no notice of being asked to be one. */
const serveWords = ({ script, socket }: Program): string[] => [
  ...runnerWords({ node: process.execPath, isElectron: true, script }),
  ...['serve', '--detach', '--socket', socket],
];

/** As root: the process in the foreground ends when the socket answers, with a sentence when it never will. */
function startAsRoot(program: Program): Promise<void> {
  return new Promise((resolve, reject) => {
    const [command = '', ...words] = serveWords(program);
    const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, 2000);
    });
    child.on('error', error => reject(new LaunchFailed(`Burrow's helper could not be started: ${error.message}`)));
    // 'exit' and not 'close': the helper in the background may still hold the pipe.
    child.on('exit', (code, signal) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else
        reject(
          new LaunchFailed(complaint.trim().replace(/^burrow: /, '') || `Burrow's helper ended at once (${signal ?? `exit ${code}`})`),
        );
    });
  });
}

function findInPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** In a terminal, because only sudo itself should see the password. No shell reads any of the arguments. */
function openSudoTerminal(program: Program): Terminal {
  const sudo = findInPath('sudo');
  if (!sudo) {
    // Only sudo would tell the helper for whom it is started.
    const line = shellLine([...serveWords(program), '--user', `${process.getuid?.()}`]);
    throw new LaunchFailed("Burrow's helper needs root, and there is no sudo here: start it by hand, as root", line);
  }
  const terminal = window.createTerminal({
    name: 'Burrow Helper',
    shellPath: sudo,
    shellArgs: ['--', ...serveWords(program)],
    isTransient: true,
  });
  terminal.show(false);
  return terminal;
}

/** Resolves when the socket answers, rejects when the terminal is closed before. */
function untilAnswered(terminal: Terminal, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    let done = false;
    let timer: NodeJS.Timeout | undefined;
    const closing = window.onDidCloseTerminal(async closed => {
      if (closed !== terminal) return;
      // It closes by itself when the helper is up, perhaps before the next look.
      finish(await answers(socket), "Burrow's helper was not started: its terminal was closed");
    });
    const finish = (answered: boolean, otherwise: string): void => {
      done = true;
      clearTimeout(timer);
      closing.dispose();
      if (answered) resolve();
      else reject(new LaunchFailed(otherwise));
    };
    const look = async (): Promise<void> => {
      const answered = await answers(socket);
      if (done) return;
      if (answered) finish(true, '');
      else if (Date.now() - began > passwordMs) finish(false, "Burrow's helper was not started: nobody answered sudo's question");
      else timer = setTimeout(() => void look(), pollMs);
    };
    void look();
  });
}

/** Starts a root helper; resolves when its socket answers. @throws LaunchFailed */
export async function launch(program: Program): Promise<void> {
  if (process.platform !== 'linux') throw new LaunchFailed('Burrow shows the namespaces of a Linux kernel, and this is none');
  if (isRoot()) return startAsRoot(program);
  await untilAnswered(openSudoTerminal(program), program.socket);
}

/** Resolves to whether nobody answers any more, after five seconds at most. */
export async function untilSilent(socket: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < 5000; waitedMs += pollMs) {
    if (!(await answers(socket))) return true;
    await new Promise(resolve => setTimeout(resolve, pollMs));
  }
  return false;
}
