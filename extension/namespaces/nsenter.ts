import type { Namespace, NamespaceKey, NamespaceType } from '../../helper/protocol/model.ts';
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

function ofNamespace(machine: Machine, key: NamespaceKey): string | undefined {
  const pid = pidOf(machine, { kind: 'namespace', key });
  if (pid !== undefined) return `nsenter --target ${pid} ${options[key.type]}`;
  const namespace = machine.namespace(key);
  const file = namespace && fileOf(namespace);
  return file === undefined ? undefined : shellLine(['nsenter', `${options[key.type]}=${file}`]);
}

/** The nsenter(1) command that enters what the subject has of its own; undefined where nothing leads there. */
export function nsenterCommand(machine: Machine, subject: Subject): string | undefined {
  if (subject.kind === 'namespace') return ofNamespace(machine, subject.key);
  const pid = pidOf(machine, subject);
  const process = pid === undefined ? undefined : machine.process(pid);
  if (!process) return undefined;
  return ['nsenter', '--target', `${process.pid}`, ...machine.differing(process.namespaces).map(({ type }) => options[type])].join(' ');
}
