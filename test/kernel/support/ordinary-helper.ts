import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { type MethodName, methods, type ParamsInput, type Result } from '../../../helper/protocol/methods.ts';
import { eventually, patience } from '../../support/eventually.ts';
import { inRepository } from '../../support/repository.ts';

export const ordinaryUser = 61_001;
const asOrdinary = ['--reuid', `${ordinaryUser}`, '--regid', `${ordinaryUser}`, '--clear-groups'] as const;
let folders = 0;

/** A helper that a user who has no account started, without any right. It cannot see who root is, so only that user can ask it. */
export class OrdinaryHelper {
  readonly #folder = `/run/burrow-kernel-${process.pid}-ordinary-${++folders}`;
  readonly #program = `${this.#folder}/dist/burrow.cjs`;
  readonly #socket = `${this.#folder}/state/helper.sock`;
  #process: ChildProcess | undefined;

  /** @param prepare a shell line that root executes before, in the mount namespace that the helper will be in */
  async start(prepare = ':'): Promise<void> {
    // Where the repository is, other users may not be able to read.
    mkdirSync(`${this.#folder}/state`, { recursive: true });
    chownSync(`${this.#folder}/state`, ordinaryUser, ordinaryUser);
    cpSync(inRepository('dist'), `${this.#folder}/dist`, { recursive: true });
    const serve = [process.execPath, this.#program, 'serve', '--socket', this.#socket];
    const become = ['setpriv', ...asOrdinary, '--pdeathsig', 'TERM', ...serve];
    const words = ['--mount', '--propagation', 'private', 'sh', '-ec', `${prepare}; exec "$@"`, '-', ...become];
    const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => {
        said += part.toString();
      });
    await eventually('the helper of an ordinary user', () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
      return said.includes('serving on');
    });
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    const words = [...asOrdinary, process.execPath, this.#program, 'call', method, JSON.stringify(params), '--socket', this.#socket];
    const { stdout } = await promisify(execFile)('setpriv', words, { maxBuffer: 64 << 20, timeout: 60_000 * patience });
    return methods[method].result.parse(JSON.parse(stdout)) as Result<M>;
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}
