// What a login session is to the kernel: a control group in each hierarchy by which the session's manager knows who is in it.
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { membersOf } from '../../../helper/cgroup/files.ts';
import { hostHierarchies, tracks } from '../../../helper/cgroup/hierarchies.ts';
import { parseCgroup } from '../../../helper/sys/procfs.ts';
import { eventually } from '../../support/eventually.ts';

const hierarchies = hostHierarchies().filter(tracks);

/** The directories of the groups, where sessions are known, that a process is in; the top of a hierarchy is none. */
export const sessionGroupsOf = (pid: number): string[] =>
  parseCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).flatMap(({ controllers, path }) => {
    const found = hierarchies.find(({ version, name }) => controllers === (version === 2 ? '' : `name=${name}`));
    return found && path !== '/' ? [join(found.mount, path)] : [];
  });

let count = 0;

export class LoginSession {
  readonly groups: readonly string[];

  constructor() {
    const name = `burrow-kernel-${process.pid}-session-${++count}`;
    this.groups = hierarchies.map(({ mount }) => join(mount, name));
    for (const group of this.groups) mkdirSync(group);
  }

  /** The words that run a command in it. */
  words(...command: readonly string[]): readonly [string, ...string[]] {
    const enter = this.groups.map(group => `echo $$ > ${group}/cgroup.procs`).join(' && ');
    return ['sh', '-ec', `${enter} && exec "$0" "$@"`, ...command];
  }

  members(): readonly number[] {
    return [...new Set(this.groups.filter(existsSync).flatMap(membersOf))];
  }

  /** As a manager ends one that has to go: with all that are in it. */
  async end(): Promise<void> {
    await eventually('the end of the session', () => {
      const members = this.members();
      for (const pid of members) kill(pid);
      return members.length === 0;
    });
    this.leave();
  }

  /** Once nobody is in it. @throws EBUSY when somebody is, and so keeps it from ending */
  leave(): void {
    for (const group of this.groups) if (existsSync(group)) rmdirSync(group);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
