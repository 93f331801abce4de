// A root as sandboxes have it whose writes go to memory, in a mount namespace of its own.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Sleepers } from './sleepers.ts';

const O_PATH = 0o10000000;

export class ThrownAway {
  /** As the helper holds it: a descriptor of the directory with `upper/0`, `upper/1` …. */
  readonly staging: number;
  readonly #pid: number;
  readonly #sleepers: Sleepers;
  readonly #at: string;

  private constructor(pid: number, sleepers: Sleepers, at: string) {
    this.#pid = pid;
    this.#sleepers = sleepers;
    this.#at = at;
    this.staging = openSync(`/proc/${pid}/root${at}`, O_PATH | constants.O_DIRECTORY);
  }

  /** @param at a directory that is made; `disks` get layers of their own */
  static async make(at: string, disks: readonly string[]): Promise<ThrownAway> {
    mkdirSync(at, { recursive: true });
    const overlays = ['/', ...disks].map((disk, index) => {
      const [upper, work] = [`${at}/upper/${index}`, `${at}/work/${index}`];
      const mounted = disk === '/' ? `${at}/root` : `${at}/root${disk}`;
      return `mkdir -p ${upper} ${work} && mount -t overlay -o lowerdir=${disk},upperdir=${upper},workdir=${work} overlay ${mounted}`;
    });
    const script = [`mount -t tmpfs tmpfs ${at}`, `mkdir ${at}/root`, ...overlays, 'exec sleep infinity'].join(' && ');
    const sleepers = new Sleepers();
    const pid = await sleepers.start('unshare', '--mount', '--propagation', 'private', 'sh', '-ec', script);
    return new ThrownAway(pid, sleepers, at);
  }

  /** The words that run a program with that root. */
  get prefix(): readonly string[] {
    return ['nsenter', `--mount=/proc/${this.#pid}/ns/mnt`, 'chroot', `${this.#at}/root`];
  }

  run(script: string): void {
    const [command = '', ...rest] = this.prefix;
    execFileSync(command, [...rest, 'sh', '-ec', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async remove(): Promise<void> {
    closeSync(this.staging);
    await this.#sleepers.stop();
    rmSync(this.#at, { recursive: true });
  }
}
