import { Definition } from '../../helper/protocol/definition/definition.ts';
import { firstProblem } from '../../helper/protocol/problem.ts';
import { Refused } from '../helper-client/errors.ts';

/** What a run may use, as the settings have it: an empty text and 0 are no limit. */
export interface RunLimits {
  readonly memory: string;
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** What a sandbox mounts over: what is below one of these on this machine is not there inside. */
const hidden = ['/tmp', '/run', '/var/run', '/dev', '/proc', '/sys'];

const scratch = '/tmp';

/** Where a program is inside: at its place, or in the scratch directory where that is out of sight. */
export const placeOf = (path: string): string =>
  hidden.some(each => path.startsWith(`${each}/`)) ? `${scratch}/${path.split('/').at(-1)}` : path;

/** A name for the sandbox of a run: `run-a-out`, and a number behind it where that is taken. */
export function runName(path: string, taken: readonly string[]): string {
  const words = (path.split('/').at(-1) ?? '').toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const base = ['run', ...words].join('-').slice(0, 26).replace(/-$/, '');
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

/** The limits that there are: what is left out is no limit. */
function limitsOf({ memory, processes, cpuSeconds, wallSeconds }: RunLimits): Record<string, unknown> {
  return {
    ...(memory.trim() ? { memory: memory.trim(), swap: 0 } : {}),
    ...(processes ? { processes } : {}),
    ...(cpuSeconds ? { cpuSeconds } : {}),
    ...(wallSeconds ? { wallSeconds } : {}),
  };
}

/**
 * A world for one run of a program that nobody trusts: no network, files that cannot be written to,
 * a scratch directory in memory that is gone afterwards.
 *
 * @param path the program on this machine
 * @throws Refused when a setting is no limit
 */
export function runDefinition(path: string, command: readonly string[], name: string, limits: RunLimits): Definition {
  const place = placeOf(path);
  const result = Definition.safeParse({
    name,
    root: 'readonly',
    mounts: [
      { type: 'tmpfs', path: scratch, mode: '1777' },
      // An empty file to mount the program on: the scratch directory is new, and has none.
      ...(place === path
        ? []
        : [
            { type: 'file', path: place, content: '' },
            { type: 'bind', source: path, path: place },
          ]),
    ],
    network: 'none',
    limits: limitsOf(limits),
    security: { capabilities: [], noNewPrivileges: true, dumpable: false },
    environment: { HOME: scratch, TMPDIR: scratch },
    directory: scratch,
    command: [...command],
    persist: false,
  });
  if (!result.success) throw new Refused(`The setting ${firstProblem(result.error, 'of the run').replace(/^limits\./, 'burrow.run.')}`);
  return result.data;
}
