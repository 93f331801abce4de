// What the helper made, written down before it is made, so that a helper that starts after a crash
// knows what is whose.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { Definition } from '../protocol/definition/definition.ts';
import { Sandbox, SandboxNetwork } from '../protocol/model.ts';
import { hasVanished } from '../sys/errors.ts';
import { reserve } from '../sys/reserve.ts';

/** What a sandbox leaves on the host, whether it was finished or not: enough to take it all away. */
export const Traces = z.object({
  id: z.string(),
  name: z.string(),
  network: SandboxNetwork.optional(),
  /** Where its root file system is unpacked. */
  unpacked: z.string().optional(),
  /** The disks that a thrown-away root covers besides `/`, in the order of their layers. */
  disks: z.array(z.string()).default([]),
  /** Where its namespaces are pinned. */
  pins: z.string().optional(),
});
export type Traces = z.infer<typeof Traces>;

const Making = z.object({ phase: z.literal('making'), traces: Traces });
const Ready = z.object({
  phase: z.literal('ready'),
  traces: Traces,
  sandbox: Sandbox,
  definition: Definition,
  /** The text of the profile that its seccomp names. */
  profile: z.string().optional(),
  /** Start time of its init: with the pid it names one process for good. */
  start: z.int().optional(),
});
export const SandboxRecord = z.discriminatedUnion('phase', [Making, Ready]);
export type SandboxRecord = z.infer<typeof SandboxRecord>;
export type Kept = Omit<z.infer<typeof Ready>, 'phase'>;

export class Records {
  readonly #shown: string;
  readonly #directory: string;

  /**
   * @param state the helper's own directory, which only it can write
   * @param held a path by which this process reaches it
   */
  constructor(state: string, held = state) {
    this.#shown = join(state, 'sandboxes');
    this.#directory = join(held, 'sandboxes');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** As a person would open it. */
  pathOf(id: string): string {
    return join(this.#shown, `${id}.json`);
  }

  /** Replaces the file as a whole: a crash leaves the old one or the new one, and a failure the old one. */
  write(record: SandboxRecord): void {
    const path = join(this.#directory, `${record.traces.id}.json`);
    try {
      const written = (): void => writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
      if (record.phase === 'ready') reserve.within(written);
      else written();
      renameSync(`${path}.new`, path);
    } catch (error) {
      rmSync(`${path}.new`, { force: true });
      throw error;
    }
  }

  delete(id: string): void {
    unlinkIfThere(join(this.#directory, `${id}.json`));
  }

  /** All that can be read; what cannot is removed, as nobody can act on it. */
  read(): SandboxRecord[] {
    return readdirSync(this.#directory).flatMap(file => {
      const path = join(this.#directory, file);
      try {
        if (!file.endsWith('.json')) throw new Error('cut short by a crash');
        return [SandboxRecord.parse(JSON.parse(readFileSync(path, 'utf8')))];
      } catch {
        rmSync(path, { force: true });
        return [];
      }
    });
  }
}

/** rmSync looks at a path three times before it removes it. */
function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasVanished(error)) throw error;
  }
}
