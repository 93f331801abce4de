// The last lines inside: the old root goes out of sight, and the command takes the shell's place.
import type { Definition } from '../protocol/definition/definition.ts';
import { isHostView } from './files.ts';
import { commentOf, quote, section, words } from './text.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param alone the one id that a map without 0 gives, by its number inside */
export function enterAndRun(definition: Definition, alone: { readonly uid: number; readonly gid: number } | undefined): string[] {
  const { namespaces, directory, environment, security, command = ['sh'] } = definition;
  const ownRoot = namespaces.mnt === true;
  const hostView = !ownRoot || isHostView(definition);
  const variables = Object.entries({ PATH, ...environment }).map(([name, value]) => `${name}=${value}`);
  const rights = rightsOf(definition);
  const limits = limitWords(definition);
  const run = [
    ...(limits.length > 0 ? [words('prlimit', ...limits, '--')] : []),
    // A shell has what it starts in the background ignore Ctrl-C, for good.
    words('env', '-i', ...(definition.command === undefined ? ['--default-signal=INT,QUIT'] : []), '--'),
    ...(environment['TERM'] === undefined ? ['"TERM=$(printenv TERM || echo dumb)"'] : []),
    ...variables.map(quote),
    ...(hostView ? [] : [words('unshare', '--root=.', `--wd=${directory}`, '--')]),
    ...(alone ? [words('unshare', '--user', `--map-user=${alone.uid}`, `--map-group=${alone.gid}`, '--')] : []),
    ...rights,
    ...command.map(quote),
  ].join(' ');
  return [
    ...(ownRoot ? section(...(hostView ? pivot : move)) : []),
    ...(alone ? ['', ...commentOf('The map has no root inside, which mount(8) needs: it is this id in one more user namespace.')] : []),
    ...section(
      [
        'The command.',
        ...(hostView || rights.length === 0 ? [] : ['setpriv(1) must be there, inside.']),
        ...(limits.length === 0 ? [] : ['In a user namespace no limit can be raised above that of this shell.']),
      ].join(' '),
      `umask ${security.umask}`,
      ...(hostView ? [words('cd', directory)] : []),
      `exec ${run}`,
    ),
  ];
}

const pivot: readonly [string, ...string[]] = ['The old root goes out of sight.', 'pivot_root . .', 'umount --lazy .', 'cd /'];
/** After pivot_root(8) there would be no umount(8) to execute: the programs inside are others, or none. */
const move: readonly [string, ...string[]] = [
  'The new root hides the old one, which pivot_root would take away: the programs inside need have no umount(8).',
  'mount --no-mtab --move . /',
];

function rightsOf({ user, security: { capabilities, noNewPrivileges } }: Definition): string[] {
  const kept = capabilities === 'all' ? undefined : capabilities.map(name => `+${name.replace(/^CAP_/, '').toLowerCase()}`);
  const list = kept && ['-all', ...kept].join(',');
  const given = [
    ...(list === undefined ? [] : [words(`--inh-caps=-all`, `--bounding-set=${list}`)]),
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
    ...userWords(user),
  ];
  return given.length > 0 ? ['setpriv', ...given, '--'] : [];
}

/** Last of all, so that they hold for the command and not for what gets it there; prlimit(1). */
function limitWords({ limits: { files, rlimits = {} } }: Definition): string[] {
  const all = { ...(files !== undefined && { nofile: files }), ...rlimits };
  return Object.entries(all).map(([resource, value]) => {
    const { soft, hard } = typeof value === 'object' ? value : { soft: value, hard: value };
    return `--${resource}=${soft}:${hard}`;
  });
}

function userWords(user: string | undefined): string[] {
  if (user === undefined) return [];
  const [uid = '', gid] = user.split(':');
  if (!/^\d/.test(uid)) return [`--reuid=${quote(uid)} --regid="$(id -g ${quote(uid)})" --init-groups`];
  return [words(`--reuid=${uid}`, `--regid=${gid ?? uid}`, '--clear-groups')];
}
