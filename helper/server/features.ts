// What this kernel and host can do, each with the reason where it cannot. Looked at once, at the start.
import { accessSync, existsSync, readFileSync } from 'node:fs';
import { cgroupFeatures } from '../cgroup/features.ts';
import { hostHierarchies } from '../cgroup/hierarchies.ts';
import { hasListns } from '../discovery/listns.ts';
import type { Feature } from '../protocol/model.ts';

const namespaceFile = (type: string): Feature =>
  existsSync(`/proc/self/ns/${type}`) ? { available: true } : { available: false, reason: `this kernel has no ${type} namespaces` };

function fileSystem(name: string): Feature {
  const known = readFileSync('/proc/filesystems', 'utf8')
    .split('\n')
    .some(line => line.split('\t').at(-1) === name);
  return known ? { available: true } : { available: false, reason: `this kernel has no ${name} file system, or its module is not loaded` };
}

function privileged(): Feature {
  return process.getuid?.() === 0 ? { available: true } : { available: false, reason: 'the helper does not run as root' };
}

function canRead(path: string): Feature {
  try {
    accessSync(path);
    return { available: true };
  } catch {
    return { available: false, reason: `${path} cannot be read` };
  }
}

function listns(): Feature {
  return hasListns() ? { available: true } : { available: false, reason: 'this kernel has no listns(2), which came with Linux 6.19' };
}

/** AppArmor alone: SELinux needs a policy for the whole machine, and is there or not with the distribution. */
function apparmor(): Feature {
  const path = '/sys/module/apparmor/parameters/enabled';
  const isOn = existsSync(path) && readFileSync(path, 'latin1').startsWith('Y');
  return isOn ? { available: true } : { available: false, reason: 'this kernel has no AppArmor, or it is off' };
}

const probes: Readonly<Record<string, () => Feature>> = {
  'time-namespaces': () => namespaceFile('time'),
  'cgroup-namespaces': () => namespaceFile('cgroup'),
  overlay: () => fileSystem('overlay'),
  listns,
  mqueue: () => fileSystem('mqueue'),
  sandboxes: privileged,
  apparmor,
  'subordinate-ids': () => canRead('/etc/subuid'),
};

/** Only root makes cgroups at the top of a hierarchy. */
function limits(): Record<string, Feature> {
  const found = cgroupFeatures(hostHierarchies());
  const root = privileged();
  return root.available ? found : Object.fromEntries(Object.keys(found).map(name => [name, root]));
}

export const findFeatures = (): Record<string, Feature> => ({
  ...Object.fromEntries(Object.entries(probes).map(([name, probe]) => [name, probe()])),
  ...limits(),
});
