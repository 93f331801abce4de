import { spawnSync } from 'node:child_process';
import { inRepository } from './repository.ts';

export type FixtureName =
  | 'bwrap'
  | 'containerd'
  | 'cri'
  | 'crun'
  | 'docker'
  | 'lxc'
  | 'nested'
  | 'netns'
  | 'nspawn'
  | 'podman'
  | 'podman-rootless'
  | 'runc'
  | 'unshare';

/** A program that is not installed here. Where every test has to run, it is an error like any other. */
export class Missing extends Error {}

export const mustRun = process.env['BURROW_TESTS_MUST_RUN'] === '1';

/** One of the scripts in test/fixtures; fixtures/lib.sh says what they do. */
export class Fixture {
  readonly #script: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(name: FixtureName, environment: Readonly<Record<string, string>> = {}) {
    this.#script = inRepository(`test/fixtures/${name}.sh`);
    this.#environment = { FX_NODE: process.execPath, ...process.env, ...environment };
  }

  /**
   * Starts the container and answers its init's pid.
   * @throws Missing naming the package, where the runtime is not installed
   */
  start(): number {
    this.#run('start');
    return this.pid();
  }

  pid(...which: readonly string[]): number {
    return Number(this.#run('pid', ...which));
  }

  stop(): void {
    this.#run('stop');
  }

  /** Another thing that its script can do, and what that says. @throws Missing as {@link start} does */
  also(word: string): string {
    return this.#run(word);
  }

  #run(...words: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync(this.#script, words, { env: this.#environment, encoding: 'utf8' });
    if (error) throw error;
    if (status === 77) throw new Missing(stderr.trim());
    if (status !== 0) throw new Error(`${this.#script} ${words.join(' ')}: ${stderr.trim()}`);
    return stdout.trim();
  }
}
