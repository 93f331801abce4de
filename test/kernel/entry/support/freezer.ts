// Freezes control groups, as `docker pause` does.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostHierarchies } from '../../../../helper/cgroup/hierarchies.ts';
import { eventually } from '../../../support/eventually.ts';

interface Switch {
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
  /** The file that comes to have the line when all are frozen. */
  readonly shows: readonly [file: string, line: string];
}

/** Where a process and its group can be frozen; undefined when it is in no group of its own. freezer(v1), cgroups(7) */
export function freezerOf(pid: number): Freezer | undefined {
  const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trimEnd().split('\n');
  const found = hostHierarchies().flatMap(({ version, mount, controllers }): Switch[] => {
    const [, path = '/'] =
      groups
        .map(line => /^\d+:(.*)$/.exec(line)?.[1]?.split(':') ?? [])
        .find(([names = '']) => (version === 2 ? names === '' : names.split(',').includes('freezer'))) ?? [];
    if (path === '/' || path.startsWith('/..') || (version === 1 && !controllers.includes('freezer'))) return [];
    const at = join(mount, path);
    return version === 1
      ? [{ file: join(at, 'freezer.state'), frozen: 'FROZEN', thawed: 'THAWED', shows: [join(at, 'freezer.state'), 'FROZEN'] }]
      : [{ file: join(at, 'cgroup.freeze'), frozen: '1', thawed: '0', shows: [join(at, 'cgroup.events'), 'frozen 1'] }];
  });
  // With both versions engines use the one that has the controllers.
  return found[0] && new Freezer(found[0]);
}

export class Freezer {
  readonly #switch: Switch;

  constructor(given: Switch) {
    this.#switch = given;
  }

  async freeze(): Promise<void> {
    const { file, frozen, shows } = this.#switch;
    writeFileSync(file, frozen);
    await eventually('a frozen group', () => readFileSync(shows[0], 'utf8').split('\n').includes(shows[1]));
  }

  thaw(): void {
    writeFileSync(this.#switch.file, this.#switch.thawed);
  }
}
