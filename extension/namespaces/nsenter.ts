import type { NamespaceKey, NamespaceType } from '../../helper/protocol/model.ts';
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

// The person pastes it into a shell, and a path may hold anything.
const quoted = (path: string): string => (/^[\w./:@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

function ofNamespace(machine: Machine, key: NamespaceKey): string | undefined {
  const pid = pidOf(machine, { kind: 'namespace', key });
  if (pid !== undefined) return `nsenter --target ${pid} ${options[key.type]}`;
  // A path in another mount namespace leads elsewhere here.
  const path = machine.namespace(key)?.holders.mounts.find(each => each.mnt === undefined)?.path;
  return path === undefined ? undefined : `nsenter ${options[key.type]}=${quoted(path)}`;
}

/** The nsenter(1) command that enters what the subject has of its own; undefined where nothing leads there. */
export function nsenterCommand(machine: Machine, subject: Subject): string | undefined {
  if (subject.kind === 'namespace') return ofNamespace(machine, subject.key);
  const pid = pidOf(machine, subject);
  const process = pid === undefined ? undefined : machine.process(pid);
  if (!process) return undefined;
  return ['nsenter', '--target', `${process.pid}`, ...machine.differing(process.namespaces).map(({ type }) => options[type])].join(' ');
}
