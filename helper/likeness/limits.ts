// The limits of a process: those of its control groups, and its own.
import { limitsOf } from '../cgroup/reading.ts';
import type { DefinitionInput } from '../protocol/definition/definition.ts';
import { processText } from '../sys/process-files.ts';
import { type Part, part, type Seen } from './likeness.ts';

type Limits = NonNullable<DefinitionInput['limits']>;
type Resource = keyof NonNullable<Limits['rlimits']>;
type Value = number | 'unlimited';

export interface Rlimit {
  readonly soft: Value;
  readonly hard: Value;
}

/** The words of /proc/PID/limits, proc_pid_limits(5). */
const resources: Readonly<Record<string, Resource>> = {
  'Max cpu time': 'cpu',
  'Max file size': 'fsize',
  'Max data size': 'data',
  'Max stack size': 'stack',
  'Max core file size': 'core',
  'Max resident set': 'rss',
  'Max processes': 'nproc',
  'Max open files': 'nofile',
  'Max locked memory': 'memlock',
  'Max address space': 'as',
  'Max file locks': 'locks',
  'Max pending signals': 'sigpending',
  'Max msgqueue size': 'msgqueue',
  'Max nice priority': 'nice',
  'Max realtime priority': 'rtprio',
  'Max realtime timeout': 'rttime',
};

export function parseRlimits(text: string): Map<Resource, Rlimit> {
  const value = (word: string): Value => (word === 'unlimited' ? word : Number(word));
  const found = new Map<Resource, Rlimit>();
  for (const line of text.split('\n')) {
    const [, words = '', soft = '', hard = ''] = /^(Max [a-z ]+?) {2,}(\S+) +(\S+)/.exec(line) ?? [];
    const resource = resources[words];
    if (resource) found.set(resource, { soft: value(soft), hard: value(hard) });
  }
  return found;
}

/** Node raises its own as far as it may, so the helper's says nothing of what is usual; this is the kernel's first value. */
const USUAL_FILES = 1024;
const MOST_FILES = 1_048_576;

const differs = (resource: Resource, theirs: Rlimit, ours: Rlimit | undefined): boolean =>
  theirs.hard !== ours?.hard || (resource === 'nofile' ? Number(theirs.soft) < USUAL_FILES : theirs.soft !== ours.soft);

/** What differs from `ours`; open files by the key of their own where one number says it. */
export function ownRlimits(theirs: ReadonlyMap<Resource, Rlimit>, ours: ReadonlyMap<Resource, Rlimit>): Pick<Limits, 'files' | 'rlimits'> {
  const own = [...theirs].filter(([resource, limit]) => differs(resource, limit, ours.get(resource)));
  const files = own.find(
    ([resource, { soft, hard }]) => resource === 'nofile' && soft === hard && typeof soft === 'number' && soft >= 3 && soft <= MOST_FILES,
  );
  const rest = own.filter(each => each !== files).map(([resource, { soft, hard }]) => [resource, soft === hard ? soft : { soft, hard }]);
  return { ...(files && { files: Number(files[1].soft) }), ...(rest.length > 0 && { rlimits: Object.fromEntries(rest) }) };
}

export function limitsLike({ pid }: Seen): Part {
  const read = (of: number | 'self'): Map<Resource, Rlimit> => parseRlimits(processText(of, 'limits'));
  const limits: Limits = { ...limitsOf(pid), ...ownRlimits(read(pid), read('self')) };
  return Object.keys(limits).length > 0 ? part({ limits }) : part({});
}
