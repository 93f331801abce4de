// Facts as the rules of engines get them, about processes that need not exist.
import { containerOfCgroup } from '../../../../../helper/discovery/engines/cgroup.ts';
import type { Facts } from '../../../../../helper/discovery/engines/engine.ts';
import { Reach } from '../../../../../helper/discovery/engines/reach.ts';
import { RuntimeStates } from '../../../../../helper/discovery/engines/runtimes.ts';
import type { Process } from '../../../../../helper/protocol/model.ts';
import { readNamespace, readStat, supportedTypes } from '../../../../../helper/sys/procfs.ts';

export const id = '0123456789abcdef'.repeat(4);

/** In all namespaces of this process but a mount and a pid namespace that nobody has. */
export const exampleProcess = (over: Partial<Process> = {}): Process => ({
  pid: 0x7fff_fff0,
  parent: 1,
  start: 7,
  name: 'sleep',
  command: 'sleep 3600',
  uid: 0,
  namespaces: { ...Object.fromEntries(supportedTypes.map(type => [type, readNamespace('self', type)])), mnt: 1, pid: 2 },
  pids: [0x7fff_fff0, 1],
  ...over,
});

/** This process by another name: a supervisor with a root and a directory that can be looked into. */
export const asSupervisor = (over: Partial<Process>): Process => {
  const { start, parent } = readStat(process.pid);
  const namespaces = Object.fromEntries(supportedTypes.map(type => [type, readNamespace('self', type)]));
  return { ...exampleProcess(), pid: process.pid, parent, start, uid: process.getuid?.() ?? 0, namespaces, pids: [process.pid], ...over };
};

export function factsOf({
  init = exampleProcess(),
  parent,
  supervisor = [],
  cgroups = ['/'],
}: {
  init?: Process;
  parent?: Process;
  supervisor?: readonly string[];
  cgroups?: readonly string[];
}): Facts {
  const processes = new Map([init, ...(parent ? [parent] : [])].map(each => [each.pid, each]));
  const cgroup = containerOfCgroup(cgroups);
  return { process: init, parent, supervisor, cgroups, cgroup, processes, reach: new Reach(), runtimes: new RuntimeStates() };
}
