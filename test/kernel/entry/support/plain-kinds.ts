// Processes in namespaces that no engine made: each kind there is, and how it is started.
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostHierarchies } from '../../../../helper/cgroup/hierarchies.ts';
import { eventually } from '../../../support/eventually.ts';
import { Fixture } from '../../../support/fixture.ts';
import { intoGroups } from '../../support/make-groups.ts';
import type { Sleepers } from '../../support/sleepers.ts';
import { numberOf } from '../../support/staged.ts';

export interface PlainKind {
  readonly what: string;
  /** The words in front of the program that stays. */
  readonly words: readonly string[];
}

/** An environment of its own, and what of it is about a process and for no other. */
const variables = [
  'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
  'FX=a value, "quoted"',
  'EMPTY=',
  'TERM=vt100',
  'SHLVL=7',
  'PWD=/elsewhere',
  'OLDPWD=/before',
  'COLUMNS=9',
  'LINES=9',
  '_=/bin/other',
];
const environment = ['env', '-i', '--chdir=/var/tmp', ...variables] as const;

const user = ['setpriv', '--reuid', '61000', '--regid', '61000', '--clear-groups'] as const;
const alone = (what: string, ...options: readonly string[]): PlainKind => ({
  what: `unshare ${what} alone`,
  words: [...environment, 'unshare', ...options],
});
const forked = ['--fork', '--kill-child'] as const;

/** A filter that lets everything pass: seccomp(2) by prctl(2), as no version of setpriv(1) has it here. */
const filtered = [
  'perl',
  '-e',
  [
    'my $filter = pack("SCCL", 6, 0, 0, 0x7fff0000);',
    'my $program = pack("Sx6P", 1, $filter);',
    `syscall(${numberOf('prctl')}, 22, 2, $program) == 0 or die $!;`,
    'exec @ARGV or die',
  ].join(' '),
] as const;

/** What Perl does in place of a program: it is known by the name, as setting `$0` would write over its environment. */
const asleep = `my $name = "sleep"; syscall(${numberOf('prctl')}, 15, $name); sleep 1000000`;

/** What a service has that systemd started: PrivateTmp= and the like would be namespaces, and the rest is this. */
const handed = [
  'NOTIFY_SOCKET=/run/notify',
  'LISTEN_FDS=1',
  'LISTEN_PID=1',
  'LISTEN_FDNAMES=x',
  'WATCHDOG_USEC=1',
  'WATCHDOG_PID=1',
  'JOURNAL_STREAM=8:1',
  'INVOCATION_ID=0123',
  'MAINPID=1',
  'CREDENTIALS_DIRECTORY=/run/credentials/x',
];
const capability = '+net_bind_service';

export const plainKinds: readonly PlainKind[] = [
  alone('cgroup', '--cgroup'),
  alone('ipc', '--ipc'),
  alone('mnt', '--mount'),
  alone('net', '--net'),
  alone('pid', '--pid', ...forked, '--mount-proc'),
  // The host's /proc still shows it, by the host's numbers.
  alone('pid, and keeps the host’s /proc,', '--pid', ...forked),
  // It is not in the new one, and nobody is: that is for its children.
  alone('pid for children', '--pid'),
  alone('time for children', '--time'),
  alone('time', '--time', ...forked, '--monotonic', '3600'),
  alone('uts', '--uts'),
  { what: 'unshare user alone', words: [...environment, ...user, 'unshare', '--user', '--map-root-user'] },
  { what: 'unshare user without a map', words: [...environment, ...user, 'unshare', '--user'] },
  { what: "unshare user without a map, and root's", words: [...environment, 'unshare', '--user'] },
  {
    what: 'unshare user with one id that is not 0',
    words: [...environment, ...user, 'unshare', '--user', '--map-user', '1234', '--map-group', '1234'],
  },
  {
    what: 'a service',
    words: [
      ...environment,
      ...handed,
      ...['setpriv', '--reuid', '61001', '--regid', '61001', '--groups', '61002,61003', '--bounding-set', '-all,+chown,+net_bind_service'],
      ...['--inh-caps', capability, '--ambient-caps', capability, '--no-new-privs', ...filtered],
    ],
  },
  {
    what: 'a program that became a user after it was started',
    words: [...environment, 'perl', '-e', `$) = "61001 61002"; $( = 61001; $< = $> = 61001; ${asleep}`],
  },
  {
    what: 'a program that is a user by its effective ids alone',
    words: [...environment, 'perl', '-e', `$) = "61001 61002"; $> = 61001; ${asleep}`],
  },
  {
    what: 'a program that is nobody any more and keeps a capability',
    words: [...environment, 'setpriv', '--reuid', '61001', '--regid', '61001', '--clear-groups', '--inh-caps', capability],
  },
];

/** Starts a process of a kind, in control groups of its own in every hierarchy that takes one without more ado. */
export async function startPlain(sleepers: Sleepers, { words }: PlainKind, groups: readonly string[]): Promise<number> {
  const ending = words.some(word => word.endsWith(asleep)) ? [] : ['sleep', '1000000'];
  return sleepers.start('sh', '-c', `${intoGroups(groups)}; exec "$@"`, '-', ...words, ...ending);
}

/** Makes one in every hierarchy. Those of cpusets of v1 would have to be told their processors first. */
export function makeGroups(name: string): string[] {
  const groups = hostHierarchies()
    .filter(({ version, controllers }) => version === 2 || !controllers.includes('cpuset'))
    .map(({ mount }) => join(mount, name));
  for (const group of groups) mkdirSync(group);
  return groups;
}

export async function removeGroups(groups: readonly string[]): Promise<void> {
  for (const group of groups)
    await eventually(`the end of ${group}`, () => {
      try {
        rmdirSync(group);
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EBUSY') return false; // the last one is being reaped
        throw error;
      }
    });
}

/** The busybox tree of the fixtures, without anything that runs. @throws Missing where busybox is not installed */
export function rootDirectory(folder: string): string {
  const fixture = new Fixture('unshare', { FX_ROOT: folder });
  fixture.start();
  fixture.stop();
  return `${folder}/rootfs`;
}

/** All eight, and a root directory inside them that no namespace shows. */
export const allOf = (root: string): PlainKind => ({
  what: 'unshare of all eight and a chroot',
  words: [
    ...[
      'env',
      '-i',
      'PATH=/bin',
      'FX=all',
      'unshare',
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      ...forked,
      '--user',
      '--map-root-user',
    ],
    ...['--cgroup', '--time', '--boottime', '86400', `--root=${root}`, '--wd=/tmp', '--mount-proc'],
  ],
});
