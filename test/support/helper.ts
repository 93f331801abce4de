import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type MethodName, methods, type ParamsInput, protocolVersion, type Result } from '../../helper/protocol/methods.ts';
import { eventually } from './eventually.ts';
import { isAlive } from './processes.ts';
import { inRepository } from './repository.ts';

const executable = inRepository('dist/burrow.cjs');
let folders = 0;

/** A helper with a socket and records of its own, so that tests meet neither each other nor the machine's own helper. */
export class TestHelper {
  readonly folder = `/run/burrow-e2e-${process.pid}-${++folders}`;
  readonly socket = join(this.folder, 'helper.sock');

  readonly #executable: string;

  constructor(program = executable) {
    this.#executable = program;
    mkdirSync(this.folder, { mode: 0o755 });
  }

  start(...options: readonly string[]): void {
    execFileSync(process.execPath, [this.#executable, 'serve', '--detach', '--socket', this.socket, ...options], { stdio: 'ignore' });
  }

  /** One request over the socket, as anybody at a shell can make it. */
  async call<M extends MethodName>(method: M, params: ParamsInput<M>): Promise<Result<M>> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [executable, 'call', method, JSON.stringify(params), '--socket', this.socket],
      {
        maxBuffer: 64 << 20,
      },
    );
    return methods[method].result.parse(JSON.parse(stdout)) as Result<M>;
  }

  /** The helper's process, or nothing when none listens. */
  async pid(): Promise<number | undefined> {
    if (!(await this.#listens())) return undefined;
    return (await this.call('helper/hello', { protocol: protocolVersion })).pid;
  }

  async #listens(): Promise<boolean> {
    const probe = connect(this.socket);
    const answer = new Promise<boolean>(resolve => {
      probe.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    return answer.finally(() => probe.destroy());
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    if (pid === undefined) throw new Error(`no helper answers at ${this.socket}`);
    process.kill(pid, 'SIGKILL');
    await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
  }

  /** Removes what it made, ends it, and leaves nothing of it behind. @param ended called when it has ended, before its folder goes */
  async remove(ended: () => void = () => undefined): Promise<void> {
    const pid = await this.pid();
    if (pid !== undefined) {
      const { sandboxes } = await this.call('sandbox/list', {});
      for (const { id } of sandboxes) await this.call('sandbox/remove', { sandbox: id });
      await this.call('helper/stop', {});
      await eventually(`the end of the helper ${pid}`, () => !isAlive(pid));
    }
    ended();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
