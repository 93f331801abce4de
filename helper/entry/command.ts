// The end of a stage program: it becomes a command. Pure: a table of calls.
import { type Confinement, confine } from '../security/confine.ts';
import { endWithHelper } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { TIOCSCTTY } from '../sys/flags.ts';
import type { Identity } from './identity.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** One way to execute a command. */
export interface Attempt {
  /** A path, or a name that is looked for along PATH. */
  readonly program: string;
  readonly words: readonly string[];
  /** Of this way only. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It is to find one open, see integration.ts. */
  readonly hasStartupDirectory?: boolean;
}

/** As the caller gave it. @param words at least one */
export const asGiven = (words: readonly string[]): Attempt => ({ program: words[0] ?? '', words });

export interface Command {
  /** Descriptor 0 is a terminal, which becomes its own. */
  readonly terminal: boolean;
  readonly directory: string;
  readonly umask: number;
  readonly identity: Identity;
  /** The process has its ids already, which cannot be taken on where it is now. */
  readonly isAlready?: boolean;
  readonly confinement: Confinement;
  /** The first of these that is there. */
  readonly attempts: readonly Attempt[];
  /** Ends with the helper, whose own child it must be for that. */
  readonly mortal: boolean;
  /** Besides what every command gets. */
  readonly environment: Readonly<Record<string, string>>;
}

export function commandCalls(given: Command): Call[] {
  const { terminal, umask, identity, confinement, mortal } = given;
  return [
    { call: 'setsid', arguments: [] },
    ...(terminal ? [{ call: 'ioctl', arguments: [0, { text: 'TIOCSCTTY', value: TIOCSCTTY }, 0] } as const] : []),
    { call: 'umask', arguments: [{ text: `0${umask.toString(8).padStart(3, '0')}`, value: umask }] },
    { call: 'chdir', arguments: ['/'] },
    // Its directory with the command's own rights, as a shell would have it.
    ...confine(confinement, identity.uid, [...become(given), ...(mortal ? [endWithHelper] : []), ...moveTo(given)]),
    ...attempts(given),
  ];
}

function become({ identity: { uid, gid }, isAlready = false }: Command): Call[] {
  if (isAlready) return [];
  return [
    { call: 'setresgid', arguments: [gid, gid, gid] },
    { call: 'setresuid', arguments: [uid, uid, uid] },
  ];
}

/** A command that was told where to begin does not begin elsewhere without a word: see launch.ts and sandbox/explain.ts. */
const moveTo = ({ directory }: Command): Call[] => (directory === '/' ? [] : [{ call: 'chdir', arguments: [directory] }]);

function environmentOf({ environment, identity: { name, home, uid }, terminal }: Command): Readonly<Record<string, string>> {
  return { PATH, HOME: home, USER: name ?? String(uid), LANG: 'C.UTF-8', ...(terminal && { TERM: 'xterm-256color' }), ...environment };
}

/** One execve(2) for each place where the command may be; the last one's errno is the answer. */
function attempts(given: Command): Call[] {
  const common = environmentOf(given);
  const variablesOf = (own: Attempt['environment']): string[] =>
    Object.entries({ ...common, ...own }).map(([name, value]) => `${name}=${value}`);
  const usual = variablesOf({}); // one array for all that have no more, which the program then holds once
  const places = given.attempts.flatMap(({ program, words, environment }) => {
    const variables = environment ? variablesOf(environment) : usual;
    return placesOf(program, common['PATH'] ?? '').map(path => ({ path, words, variables }));
  });
  return places.map(({ path, words, variables }, index) => ({
    call: 'execve',
    arguments: [path, { strings: words }, { strings: variables }],
    ...(index < places.length - 1 && { tolerate: ['ENOENT', 'EACCES', 'ENOTDIR'] }),
  }));
}

const placesOf = (name: string, path: string): string[] =>
  name.includes('/') ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`);
