// What a helper has and what it may leave behind, as the machine itself shows it.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostHierarchies, OURS } from '../../../helper/cgroup/hierarchies.ts';
import { parentOfOrphans } from '../../support/processes.ts';

export interface Belongings {
  /** Open descriptors by what they lead to; sockets and pipes without their numbers. */
  readonly descriptors: readonly string[];
  readonly mounts: readonly string[];
  readonly links: readonly string[];
  readonly cgroups: readonly string[];
  /** Records of sandboxes, and what is in the directory in which they are put together. */
  readonly files: readonly string[];
  readonly children: readonly string[];
  /** Namespaces of each of its threads. */
  readonly threads: readonly string[];
}

interface Helper {
  readonly pid: number;
  readonly folder: string;
}

const hierarchies = hostHierarchies();
const heir = parentOfOrphans();

const list = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return []; // ended in the meantime
  }
};

function linkTo(path: string): string[] {
  try {
    return [readlinkSync(path)];
  } catch {
    return [];
  }
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '');

export const types = ['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const;

export function belongingsOf({ pid, folder }: Helper): Belongings {
  const links: { ifname: string }[] = JSON.parse(
    execFileSync('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-j', 'link'], { encoding: 'utf8' }),
  );
  const tasks = list(`/proc/${pid}/task`);
  return {
    descriptors: list(`/proc/${pid}/fd`)
      .flatMap(fd =>
        linkTo(`/proc/${pid}/fd/${fd}`).map(to => to.replace(/^(socket|pipe):.*/, '$1').replace(/^\/proc\/\d+\//, '/proc/self/')),
      )
      // libuv keeps one for each thread that ever had a socket, and an engine may start at any time.
      .filter(to => to !== '/dev/null'),
    mounts: lines(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).map(line => line.split(' ')[4] ?? line),
    links: links.map(link => link.ifname),
    cgroups: cgroups(folder),
    files: ['sandboxes', 'staging'].flatMap(name => list(join(folder, name)).map(file => join(name, file))),
    children: tasks.flatMap(task => read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(nameOf)),
    threads: [...new Set(tasks.flatMap(task => types.flatMap(type => linkTo(`/proc/${pid}/task/${task}/ns/${type}`))))],
  };
}

/** These stay; the next helper has others, and with each program it is another stage that waits for one. */
const staying: Readonly<Record<string, string>> = { 'burrow-relay\n': 'the relay', 'burrow-spare\n': 'the stage that waits' };
const stayingName = (pid: string): string | undefined => staying[read(`/proc/${pid}/comm`)];
const nameOf = (pid: string): string => stayingName(pid) ?? pid;

/** The stage of a helper that waits for a program. */
export const spareOf = (helper: number): number | undefined =>
  list(`/proc/${helper}/task`)
    .flatMap(task => read(`/proc/${helper}/task/${task}/children`).split(' ').filter(Boolean))
    .map(Number)
    .find(pid => read(`/proc/${pid}/comm`) === 'burrow-spare\n');

/** Of each sandbox of this helper one, and the directory of all of them when it was left without any and no other helper runs. */
function cgroups(folder: string): string[] {
  const before = otherHelpers(folder);
  const found = hierarchies.flatMap(({ mount }) => {
    const shared = join(mount, OURS);
    // The form of the ids; those of a test that needs no helper have another.
    const groups = list(shared).filter(name => /^[0-9a-f]{8}$/.test(name));
    if (!existsSync(shared)) return []; // others make and remove it too
    return groups.length > 0 ? groups.map(id => ({ id, path: join(shared, id) })) : [{ id: '', path: shared }];
  });
  // One of another helper that comes or goes right now has its record before it and after it.
  const after = otherHelpers(folder);
  const others = new Set([...before, ...after].flatMap(state => list(join(state, 'sandboxes')).map(file => file.replace(/\.json.*$/, ''))));
  const alone = before.length === 0 && after.length === 0;
  return found.filter(({ id }) => (id === '' ? alone : !others.has(id))).map(({ path }) => path);
}

/** The directories of all other helpers: those that run, and those that tests have just killed. */
function otherHelpers(folder: string): string[] {
  const served = list('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => /\0--socket\0([^\0]+)/.exec(read(`/proc/${pid}/cmdline`))?.slice(1) ?? [])
    .map(socket => dirname(socket));
  const states = ['/run', '/tmp'].flatMap(parent => list(parent).map(name => join(parent, name)));
  return [...new Set([...states, ...served])].filter(each => each !== folder && existsSync(join(each, 'sandboxes')));
}

/** What is there now and was not before, and each of `inodes` that still has a process of this helper. */
export function leaks(before: Belongings, now: Belongings, inodes: ReadonlySet<number>, helper: number): string[] {
  const fresh = (Object.keys(now) as (keyof Belongings)[]).flatMap(kind => {
    const known = [...before[kind]];
    return now[kind]
      .filter(each => {
        const at = known.indexOf(each);
        if (at >= 0) known.splice(at, 1);
        return at < 0;
      })
      .map(each => `${kind}: ${each}`);
  });
  return [
    ...fresh,
    ...heldBy(helper)
      .filter(({ inode }) => inodes.has(inode))
      .map(({ inode, by }) => `namespace ${inode} of ${by}`),
  ];
}

/** The kernel gives the number of a namespace that is gone to the next one, so a number alone proves nothing. */
const heldBy = (helper: number): { inode: number; by: string }[] =>
  list('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      const parent = Number(/^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1]);
      return (parent === helper && stayingName(pid) === undefined) || (parent === heir && read(`/proc/${pid}/comm`) === 'burrow-init\n');
    })
    .flatMap(pid =>
      types.flatMap(type => linkTo(`/proc/${pid}/ns/${type}`).map(link => ({ inode: Number(/\d+/.exec(link)?.[0]), by: `pid ${pid}` }))),
    );

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended in the meantime
  }
}
