import { execFileSync, spawn } from 'node:child_process';
import { Helper } from '../../helper/client/connect.ts';
import { protocolVersion } from '../../helper/protocol/methods.ts';
import { TestHelper } from '../support/helper.ts';

/** The helper that is measured. */
export interface Subject {
  readonly helper: Helper;
  readonly pid: number;
  readonly socket: string;
}

/** Gives `work` a fresh helper, and leaves nothing of it behind. @param options of `burrow serve` */
export async function withHelper<T>(work: (subject: Subject) => Promise<T>, ...options: readonly string[]): Promise<T> {
  const host = new TestHelper();
  const isLaid = layTmpfs(host.folder);
  let callOff: (() => void) | undefined;
  try {
    host.start(...options);
    using helper = await Helper.reach(host.socket);
    const { pid } = await helper.request('helper/hello', { protocol: protocolVersion });
    callOff = afterMe('kill -KILL "$1"; umount --lazy "$2" 2>/dev/null; rm -rf "$2"', String(pid), host.folder);
    return await work({ helper, pid, socket: host.socket });
  } finally {
    callOff?.();
    await host.remove(() => {
      if (isLaid) execFileSync('umount', ['--lazy', host.folder]);
    });
  }
}

/**
 * The helper keeps its records below /run, which is in memory on every machine that systemd or OpenRC starts. Where it is
 * not, as in some containers, a disk would be measured.
 */
function layTmpfs(folder: string): boolean {
  if (execFileSync('stat', ['--file-system', '--format=%T', folder], { encoding: 'utf8' }).trim() === 'tmpfs') return false;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', folder]);
  return true;
}

/**
 * Runs a line of shell when this process ends in whatever way, SIGKILL and Ctrl-C too.
 * @returns what calls it off
 */
export function afterMe(line: string, ...words: readonly string[]): () => void {
  const guard = spawn('sh', ['-c', `read -r _; ${line}`, 'sh', ...words], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.unref();
  return () => {
    guard.kill('SIGKILL');
  };
}
