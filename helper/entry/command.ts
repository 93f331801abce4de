// The end of a stage program: it becomes a command. Pure: a table of calls.
import { type Confinement, confine } from '../security/confine.ts';
import { endWithHelper } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { TIOCSCTTY } from '../sys/flags.ts';
import type { Identity } from './identity.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where shells are, the better ones first; the last is for images that hold nothing but busybox. */
export const shells: readonly (readonly string[])[] = [
  ['/bin/bash'],
  ['/usr/bin/bash'],
  ['/run/current-system/sw/bin/bash'],
  ['/bin/ash'],
  ['/bin/sh'],
  ['/usr/bin/sh'],
  ['/bin/busybox', 'sh'],
  ['/busybox/sh'],
];

export interface Command {
  /** Descriptor 0 is a terminal, which becomes its own. */
  readonly terminal: boolean;
  /** Where that is missing, it is /. */
  readonly directory: string;
  readonly umask: number;
  readonly identity: Identity;
  readonly confinement: Confinement;
  /** A shell that exists there when left out. */
  readonly command: readonly string[] | undefined;
  /** Ends with the helper, whose own child it must be for that. */
  readonly mortal: boolean;
  /** Besides what every command gets. */
  readonly environment: Readonly<Record<string, string>>;
}

export function commandCalls(given: Command): Call[] {
  const { terminal, directory, umask, identity, confinement, mortal } = given;
  const { uid, gid } = identity;
  return [
    { call: 'setsid', arguments: [] },
    ...(terminal ? [{ call: 'ioctl', arguments: [0, { text: 'TIOCSCTTY', value: TIOCSCTTY }, 0] } as const] : []),
    { call: 'umask', arguments: [{ text: `0${umask.toString(8).padStart(3, '0')}`, value: umask }] },
    { call: 'chdir', arguments: ['/'] },
    ...confine(confinement, uid, [
      { call: 'setresgid', arguments: [gid, gid, gid] },
      { call: 'setresuid', arguments: [uid, uid, uid] },
      ...(mortal ? [endWithHelper] : []),
      // With the command's own rights, as a shell would have it.
      ...(directory === '/' ? [] : [{ call: 'chdir', arguments: [directory], tolerate: 'all' } as const]),
    ]),
    ...attempts(given),
  ];
}

function environmentOf({ environment, identity: { name, home, uid }, terminal }: Command): Readonly<Record<string, string>> {
  return { PATH, HOME: home, USER: name ?? String(uid), LANG: 'C.UTF-8', ...(terminal && { TERM: 'xterm-256color' }), ...environment };
}

/** One execve(2) for each place where the command may be; the last one's errno is the answer. */
function attempts(given: Command): Call[] {
  const environment = environmentOf(given);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const candidates = given.command ? [given.command] : shells;
  const places = candidates.flatMap(command => placesOf(command[0] ?? '', environment['PATH'] ?? '').map(path => ({ path, command })));
  return places.map(({ path, command }, index) => ({
    call: 'execve',
    arguments: [path, { strings: command }, { strings: variables }],
    ...(index < places.length - 1 && { tolerate: ['ENOENT', 'EACCES', 'ENOTDIR'] }),
  }));
}

const placesOf = (name: string, path: string): string[] =>
  name.includes('/') ? [name] : path.split(':').map(directory => `${directory || '.'}/${name}`);
