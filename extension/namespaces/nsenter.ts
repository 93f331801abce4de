import type { Namespace, NamespaceKey, NamespaceType, Process } from '../../helper/protocol/model.ts';
import { namespaceTypes } from '../../helper/protocol/namespaces.ts';
import { shellLine } from '../../helper/protocol/shell-line.ts';
import type { Machine } from '../machine/machine.ts';
import { pidOf } from '../names.ts';
import type { Subject } from '../subject.ts';

/** nsenter's own words; mnt is the kernel's. */
const options: Readonly<Record<NamespaceType, string>> = {
  mnt: '--mount',
  uts: '--uts',
  ipc: '--ipc',
  net: '--net',
  pid: '--pid',
  user: '--user',
  cgroup: '--cgroup',
  time: '--time',
};

/** A file through which a namespace can be entered in which no process is. */
function fileOf({ type, holders }: Namespace): string | undefined {
  const [thread] = holders.threads;
  const [descriptor] = holders.descriptors;
  const [pending] = holders.pending;
  // A path in another mount namespace leads elsewhere here.
  const mount = holders.mounts.find(each => each.mnt === undefined);
  if (mount) return mount.path;
  if (thread) return `/proc/${thread.pid}/task/${thread.tid}/ns/${type}`;
  if (descriptor) return `/proc/${descriptor.pid}/fd/${descriptor.fd}`;
  return pending === undefined ? undefined : `/proc/${pending}/ns/${type}_for_children`;
}

/** Programs of a mount namespace are run inside what holds them. */
const joinedWith = (type: NamespaceType): readonly NamespaceType[] => (type === 'mnt' ? ['mnt', 'user', 'pid'] : [type]);

function ofNamespace(machine: Machine, key: NamespaceKey): string | undefined {
  const pid = pidOf(machine, { kind: 'namespace', key });
  const process = pid === undefined ? undefined : machine.process(pid);
  if (process) return through(machine, process, joinedWith(key.type));
  const namespace = machine.namespace(key);
  const owner = namespace?.owner === undefined ? undefined : { type: 'user' as const, inode: namespace.owner };
  if (key.type === 'mnt' && owner && !machine.isHosts(owner)) return undefined;
  const file = namespace && fileOf(namespace);
  return file === undefined ? undefined : shellLine(['nsenter', `${options[key.type]}=${file}`]);
}

function through(machine: Machine, { pid, namespaces }: Process, types: readonly NamespaceType[]): string {
  const differing = machine.differing(namespaces).filter(({ type }) => types.includes(type));
  return ['nsenter', '--target', `${pid}`, ...differing.map(({ type }) => options[type])].join(' ');
}

/** The nsenter(1) command that enters what the subject has of its own; undefined where nothing leads there. */
export function nsenterCommand(machine: Machine, subject: Subject): string | undefined {
  if (subject.kind === 'namespace') return ofNamespace(machine, subject.key);
  const pid = pidOf(machine, subject);
  const process = pid === undefined ? undefined : machine.process(pid);
  return process && through(machine, process, namespaceTypes);
}
