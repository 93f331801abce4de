// "Copy as Shell Commands": what a definition says, as a script of util-linux, iproute2 and coreutils that root can run
// with `sh`. It is for reading and for learning first, so each part says what it is for, and what no command does is said.
import type { Step as GroupStep } from '../cgroup/layout.ts';
import type { Facts } from '../plan/facts.ts';
import { rootOf } from '../plan/root-files.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { IdMapping } from '../protocol/inspection.ts';
import type { NamespaceType, SandboxNetwork } from '../protocol/model.ts';
import { namespaceTypes } from '../protocol/namespaces.ts';
import { enterAndRun } from './command.ts';
import { insideFiles, prepareFiles } from './files.ts';
import { commentOf, fileOf, quote, section, words } from './text.ts';

/** What a script depends on besides its definition. */
export interface ScriptFacts {
  /** Who it is made for: the owner of the user namespace. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Empty where the sandbox has no user namespace of its own. */
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  readonly network: SandboxNetwork | undefined;
  /** Files of the namespaces to join, as `/proc/812/ns/net`. */
  readonly joins: Readonly<Partial<Record<NamespaceType, string>>>;
  readonly cgroups: {
    readonly make: readonly GroupStep[];
    /** The directories of those whose members the processes become. */
    readonly inside: readonly string[];
  };
  /** Mount points besides `/`, which a thrown-away root covers too. */
  readonly disks: readonly string[];
}

export const scriptFactsOf = ({ joined, cgroups, ...same }: Facts): ScriptFacts => ({
  ...same,
  joins: Object.fromEntries(Object.entries(joined).map(([type, { path }]) => [type, path])),
  cgroups: { make: [...cgroups.make.v1, ...cgroups.make.v2], inside: cgroups.places.map(({ inside }) => inside) },
});

/** Everything from the definition is one word of the shell, whatever is in it; the text has no control characters but newlines. */
export function scriptFor(definition: Definition, facts: ScriptFacts): string {
  const { name, namespaces } = definition;
  const first = firstMap(definition, facts);
  const shell = 'sh -eu "$work/prepare" <&3 3<&- 4>"$work/ready" 5<"$work/go" &';
  return [
    '#!/bin/sh',
    ...commentOf(`Sandbox ${name}, as far as util-linux, iproute2 and coreutils go. Run it as root: sh FILE`),
    ...commentOf('All that it makes goes away when the command inside ends.'),
    ...missing(definition).flatMap(each => commentOf(`Not here: ${each}`)),
    'set -eu',
    'umask 022',
    ...(needsArgument(definition)
      ? ['[ $# -eq 1 ] || { echo "usage: sh FILE DIRECTORY-OF-THE-UNPACKED-IMAGE" >&2; exit 2; }', 'unpacked=$1', 'export unpacked']
      : []),
    ...begin(facts),
    ...section('Control groups: there before the processes in them.', ...facts.cgroups.make.map(groupLine)),
    '',
    ...commentOf('First, still as root of this machine: the files.'),
    ...fileOf('"$work/prepare"', prepare(definition, facts)),
    '',
    ...commentOf('Then, within the new namespaces.'),
    ...fileOf('"$work/inside"', inside(definition, facts, first.alone)),
    ...section(
      'Starts it. Its input is this shell’s, which otherwise is taken from what runs in the background.',
      'exec 3<&0',
      namespaces.mnt === true ? `unshare --mount --propagation private ${shell}` : shell,
      'pid=$!',
      'exec 3<&- 7<"$work/ready" 6>"$work/go"',
      'read -r _ <&7',
      '# The process that is in all of the namespaces is the innermost.',
      'inner=$pid',
      'while child=$(cat "/proc/$inner/task/$inner/children") && [ -n "$child" ]; do set -- $child; inner=$1; done',
    ),
    ...ids(definition, first),
    ...network(definition, facts),
    ...names(definition),
    ...section(
      'Goes on inside, and waits for its end.',
      ...(definition.command === undefined ? ["trap '' INT QUIT"] : []),
      'echo >&6',
      'code=0',
      'wait "$pid" || code=$?',
      'pid=',
      'exit "$code"',
    ),
    '',
  ].join('\n');
}

const needsArgument = (definition: Definition): boolean => {
  const root = rootOf(definition);
  return typeof root === 'object' && 'image' in root && definition.namespaces.mnt === true;
};

/** What no command of util-linux, iproute2 or coreutils does. */
function missing({ security, limits, init, persist, users }: Definition): string[] {
  return [
    ...(security.seccomp === 'none' ? [] : ['the seccomp filter, which no command of these sets.']),
    ...(security.dumpable ? [] : ['"dumpable": false.']),
    ...(limits.cpuSeconds === undefined ? [] : ['the processor time of all processes together; each may use as much.']),
    ...(init === true ? ['an init that takes in orphans: the command is pid 1 itself.'] : []),
    ...(init === 'none' ? ['namespaces that stay without a process: these go with the command.'] : []),
    ...(persist ? ['outliving this shell.'] : []),
    ...(typeof users === 'object' && 'tenant' in users ? ['the tenant’s user namespace around that of the sandbox.'] : []),
  ];
}

function begin({ network: link, cgroups }: ScriptFacts): string[] {
  const made = cgroups.make.flatMap(step => (step.do === 'mkdir' ? [step] : [])).reverse();
  return section(
    'Where it is put together, and how all of it goes away again.',
    'work=$(mktemp -d /run/burrow-script.XXXXXX)',
    'export work',
    'chmod 755 "$work"',
    'mkfifo "$work/ready" "$work/go"',
    'pid= inner=',
    'clean() {',
    '\tstatus=$?',
    "\ttrap '' EXIT HUP INT TERM",
    '\tset +e',
    '\t[ -z "$pid" ] || { kill -KILL $inner "$pid"; wait "$pid"; } 2>/dev/null',
    ...(link ? [`\t${words('ip', 'link', 'delete', link.hostLink)} 2>/dev/null`] : []),
    // In one that is shared there may be others.
    ...made.map(({ path, shared }) => `\t${shared ? words('rmdir', path) : `remove ${quote(path)}`} 2>/dev/null`),
    '\trm -r --one-file-system "$work"',
    '\texit "$status"',
    '}',
    ...(made.length > 0 ? removeGroup : []),
    'trap clean EXIT',
    "trap 'exit 129' HUP",
    "trap 'exit 130' INT",
    "trap 'exit 143' TERM",
  );
}

/** Without a pid namespace some of its processes may be left; and those that have ended count for a moment more. */
const removeGroup = [
  'remove() {',
  '\tuntil [ ! -e "$1" ] || rmdir "$1"; do',
  '\t\tfor each in $(cat "$1/cgroup.procs"); do kill -KILL "$each"; done',
  '\t\tsleep 0.05',
  '\tdone',
  '}',
];

function groupLine(step: GroupStep): string {
  if (step.do === 'mkdir') return step.shared ? words('mkdir', '-p', step.path) : words('mkdir', step.path);
  if (step.do === 'copy') return `cat ${quote(step.from)} >${quote(step.path)}`;
  return step.optional
    ? `[ ! -e ${quote(step.path)} ] || echo ${quote(step.value)} >${quote(step.path)}`
    : `echo ${quote(step.value)} >${quote(step.path)}`;
}

function prepare(definition: Definition, facts: ScriptFacts): string[] {
  return [
    ...facts.cgroups.inside.map(directory => `echo $$ >${quote(`${directory}/cgroup.procs`)}`),
    ...(definition.namespaces.mnt === true ? prepareFiles(definition, facts) : []),
    '',
    'exec \\',
    ...chain(definition, facts).map(part => `\t${part} \\`),
    `\tsh -euc ${quote(waiting(definition))}`,
  ];
}

/** With the caps that it has over the user namespace it becomes root inside, when there is a map. */
function waiting({ namespaces }: Definition): string {
  const become = namespaces.user === true ? 'setpriv --reuid=0 --regid=0 --keep-groups --inh-caps=-all --ambient-caps=-all ' : '';
  return `echo >&4; read -r _ <&5; exec ${become}sh -eu "$work/inside" 4>&- 5<&-`;
}

const unshareWord: Readonly<Record<NamespaceType, string>> = {
  user: '--user --keep-caps',
  mnt: '--mount',
  net: '--net',
  pid: '--pid --fork --kill-child',
  uts: '--uts',
  ipc: '--ipc',
  cgroup: '--cgroup',
  time: '--time',
};

const nsenterWord = (type: NamespaceType): string => (type === 'mnt' ? 'mount' : type);

/** The programs that lead into the namespaces, each of which executes the next. */
function chain(definition: Definition, facts: ScriptFacts): string[] {
  const { namespaces, time, limits } = definition;
  const joined = namespaceTypes.flatMap(type => {
    const path = facts.joins[type];
    return path === undefined ? [] : [quote(`--${nsenterWord(type)}=${path}`)];
  });
  const ownUser = namespaces.user === true;
  // Where there is a user namespace of its own the mounts made before it are locked in a second mount namespace.
  const fresh = namespaceTypes.filter(type => namespaces[type] === true && (type !== 'mnt' || ownUser));
  const clocks = namespaces.time === true ? [`--monotonic ${time.monotonicSeconds} --boottime ${time.boottimeSeconds}`] : [];
  const groups = facts.groups.length > 0 ? `--groups=${facts.groups.join(',')}` : '--clear-groups';
  return [
    ...(limits.wallSeconds === undefined ? [] : [`timeout --foreground --signal=KILL ${limits.wallSeconds}`]),
    ...(joined.length > 0 ? [`nsenter ${joined.join(' ')} --`] : []),
    ...(ownUser && facts.uid !== 0 ? [`setpriv --reuid=${facts.uid} --regid=${facts.gid} ${groups} --`] : []),
    ...(fresh.length > 0 ? [`unshare ${[...fresh.map(type => unshareWord[type]), ...clocks].join(' ')} --`] : []),
  ];
}

const inside = (definition: Definition, facts: ScriptFacts, alone: FirstMap['alone']): string[] => [
  ...(definition.namespaces.mnt === true ? insideFiles(definition, facts) : []),
  ...enterAndRun(definition, alone),
];

interface FirstMap {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
  readonly alone: { readonly uid: number; readonly gid: number } | undefined;
}

/** mount(8) wants to be root: a map without one is made in a second user namespace, of one id. */
function firstMap({ namespaces }: Definition, { uids, gids }: ScriptFacts): FirstMap {
  const [uid, gid] = [uids[0], gids[0]];
  const hasRoot = (map: readonly IdMapping[]): boolean => map.some(({ inside: id }) => id === 0);
  if (namespaces.user !== true || !uid || !gid || (hasRoot(uids) && hasRoot(gids))) return { uids, gids, alone: undefined };
  const root = ({ outside }: IdMapping): IdMapping[] => [{ inside: 0, outside, count: 1 }];
  return { uids: root(uid), gids: root(gid), alone: { uid: uid.inside, gid: gid.inside } };
}

function ids({ namespaces, users = 'root' }: Definition, { uids, gids }: FirstMap): string[] {
  if (namespaces.user !== true) return [];
  const text = (map: readonly IdMapping[]): string => map.map(({ inside: id, outside, count }) => `${id} ${outside} ${count}\\n`).join('');
  return section(
    'Who is who: ids inside, ids outside, how many.',
    ...(users === 'root' || users === 'same' ? ['echo deny >"/proc/$inner/setgroups"'] : []),
    `printf '${text(uids)}' >"/proc/$inner/uid_map"`,
    `printf '${text(gids)}' >"/proc/$inner/gid_map"`,
  );
}

const within = (type: NamespaceType, ...command: readonly string[]): string =>
  `nsenter --target "$inner" --${nsenterWord(type)} ${words(...command)}`;

function network({ namespaces }: Definition, { network: link }: ScriptFacts): string[] {
  if (namespaces.net !== true) return [];
  const pair = link
    ? [
        `${words('ip', 'link', 'add', link.hostLink, 'type', 'veth', 'peer', 'name', link.link)} netns "$inner"`,
        words('ip', 'address', 'add', link.hostAddress, 'dev', link.hostLink),
        words('ip', 'link', 'set', link.hostLink, 'up'),
        within('net', 'ip', 'address', 'add', link.address, 'dev', link.link),
        within('net', 'ip', 'link', 'set', link.link, 'up'),
      ]
    : [];
  return section('The network.', ...pair, within('net', 'ip', 'link', 'set', 'lo', 'up'));
}

function names({ namespaces, name, hostname, domainname }: Definition): string[] {
  if (namespaces.uts !== true) return [];
  const domain = domainname === undefined ? [] : [within('uts', 'domainname', domainname)];
  return section('Its names.', within('uts', 'hostname', hostname ?? name), ...domain);
}
