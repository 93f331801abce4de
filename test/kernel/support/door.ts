import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Helper } from '../../../helper/client/connect.ts';
import { eventually } from '../../support/eventually.ts';

/** Passes on what comes, as the user who runs it. */
const relay = `
  const { connect, createServer } = require('node:net');
  const [door, helper] = process.argv.slice(1);
  createServer({ allowHalfOpen: true }, here => {
    const there = connect({ path: helper, allowHalfOpen: true });
    for (const each of [here, there]) each.on('error', () => { here.destroy(); there.destroy(); });
    here.pipe(there).pipe(here);
  }).listen(door, () => console.log('open'));`;

let doors = 0;

/** A connection to a helper that belongs to another user: who asks is whoever runs the process at its other end. */
export class Door {
  readonly helper: Helper;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(helper: Helper, folder: string, process: ChildProcess) {
    this.helper = helper;
    this.#folder = folder;
    this.#process = process;
  }

  static async open(socket: string, uid: number): Promise<Door> {
    const folder = `/run/burrow-kernel-${process.pid}-door-${++doors}`;
    const path = join(folder, 'door.sock');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    chownSync(folder, uid, uid);
    const become = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--pdeathsig', 'KILL'];
    const child = spawn('setpriv', [...become, process.execPath, '-e', relay, path, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: '/',
    });
    let said = '';
    child.stdout.on('data', (part: Buffer) => {
      said += part.toString();
    });
    await eventually('the door', () => said.includes('open'));
    return new Door(await Helper.reach(path), folder, child);
  }

  /** The connection breaks off, as when a window is killed. */
  async close(): Promise<void> {
    this.helper[Symbol.dispose]();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill('SIGKILL');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
