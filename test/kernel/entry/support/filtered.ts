// Processes under seccomp filters of the test's own, which perl installs: no program of every distribution does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { syscallNumber } from '../../../../helper/sys/syscalls.ts';
import { eventually } from '../../../support/eventually.ts';

/** struct sock_filter: code, jt, jf, k. */
function instruction(code: number, jt: number, jf: number, k: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(jt, 2);
  bytes.writeUInt8(jf, 3);
  bytes.writeUInt32LE(k >>> 0, 4);
  return bytes;
}

const LOAD_NUMBER = instruction(0x20, 0, 0, 0);
const ALLOW = instruction(0x06, 0, 0, 0x7fff_0000);

/** A filter that answers these system calls so, and allows all others. */
export const answering = (answers: Readonly<Record<number, number>>): Buffer =>
  Buffer.concat([
    LOAD_NUMBER,
    ...Object.entries(answers).flatMap(([number, answer]) => [instruction(0x15, 0, 1, Number(number)), instruction(0x06, 0, 0, answer)]),
    ALLOW,
  ]);

export const failing = (errno: number): number => 0x0005_0000 + errno;
export const SUPERVISED = 0x7fc0_0000;

/** prctl(PR_SET_NO_NEW_PRIVS), then seccomp(SECCOMP_SET_MODE_FILTER) for each in turn. */
const installing = (filters: readonly Buffer[]): string => {
  const each = filters.map(
    filter => `
    { my $code = pack 'H*', '${filter.toString('hex')}';
      my $program = pack 'S x6 P', length($code) / 8, $code;
      syscall(${syscallNumber.seccomp}, 1, 0, $program) == 0 or die "seccomp: $!"; }`,
  );
  return `syscall(${syscallNumber.prctl}, 38, 1, 0, 0, 0) == 0 or die "prctl: $!"; ${each.join('')}`;
};

/** One that lives until it is told to end. */
export class Filtered {
  readonly #child: ChildProcess;
  said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (part: Buffer) => {
      this.said += part.toString();
    });
  }

  /** @param then what perl does under the filters, for ever */
  static async start(filters: readonly Buffer[], then = 'sleep 1000000 while 1;'): Promise<Filtered> {
    const script = `$| = 1; ${installing(filters)} print "ready\\n"; ${then}`;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'perl', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const filtered = new Filtered(child);
    await eventually('a process under its filters', () => {
      if (child.exitCode !== null) throw new Error(`perl ended with ${child.exitCode}`);
      return filtered.said.startsWith('ready\n');
    });
    return filtered;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
