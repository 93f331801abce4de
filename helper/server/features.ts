// What this kernel and host can do, each with the reason where it cannot.
import { accessSync, existsSync, readFileSync } from 'node:fs';
import { cgroupFeatures } from '../cgroup/features.ts';
import { hostHierarchies } from '../cgroup/hierarchies.ts';
import { hasListns } from '../discovery/listns.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import { type Feature, type NamespaceType, namespaceTypes } from '../protocol/model.ts';
import { decisive, readSysctl, whyRefused } from '../sandbox/namespace-refusals.ts';
import { supportedTypes } from '../sys/procfs.ts';
import { type Outcome, tryFileSystem, tryNamespaces } from './tries.ts';

const available: Feature = { available: true };
const missing = (reason: string): Feature => ({ available: false, reason });

const isRoot = (): boolean => process.getuid?.() === 0;
const notRoot = missing('the helper does not run as root');

function canRead(path: string): Feature {
  try {
    accessSync(path);
    return available;
  } catch {
    return missing(`${path} cannot be read`);
  }
}

/** AppArmor alone: SELinux needs a policy for the whole machine, and is there or not with the distribution. */
function apparmor(): Feature {
  const path = '/sys/module/apparmor/parameters/enabled';
  const isOn = existsSync(path) && readFileSync(path, 'latin1').startsWith('Y');
  return isOn ? available : missing('this kernel has no AppArmor, or it is off');
}

/** What stays as it is while the helper runs. Only root makes cgroups at the top of a hierarchy. */
function lasting(): Record<string, Feature> {
  const limits = cgroupFeatures(hostHierarchies());
  return {
    listns: hasListns() ? available : missing('this kernel has no listns(2), which came with Linux 6.19'),
    apparmor: apparmor(),
    'subordinate-ids': canRead('/etc/subuid'),
    ...(isRoot() ? limits : Object.fromEntries(Object.keys(limits).map(name => [name, notRoot]))),
  };
}

const featureOf = (type: NamespaceType): string => `${type}-namespaces`;

function namespaces(outcomes: ReadonlyMap<NamespaceType, Outcome>): Record<string, Feature> {
  const whether = (type: NamespaceType): Feature => {
    if (!supportedTypes.includes(type)) return missing(`this kernel has no ${type} namespaces`);
    const errno = outcomes.get(type);
    if (errno === undefined) return available;
    // Of an ordinary user it may be the user namespace that is refused, without which there is no other.
    const refused = isRoot() || outcomes.get('user') === undefined ? type : 'user';
    return missing(whyRefused(errno, [refused], readSysctl) ?? `this machine makes none (unshare: ${errno})`);
  };
  return Object.fromEntries(namespaceTypes.map(type => [featureOf(type), whether(type)]));
}

function fileSystem(name: string, errno: Outcome): Feature {
  if (errno === undefined) return available;
  return missing(errno === 'ENODEV' ? `this kernel has no ${name} file system` : `it cannot be mounted (fsopen: ${errno})`);
}

/** A sandbox has one of each type that the kernel has, unless its definition says otherwise. */
function sandboxes(found: Readonly<Record<string, Feature>>): Feature {
  if (!isRoot()) return notRoot;
  return supportedTypes.map(type => found[featureOf(type)]).find(each => each?.available === false) ?? available;
}

/** What stands in the way of a sandbox, as sentences for a person. */
export const whyUnmakeable = ({ namespaces }: Definition, features: Readonly<Record<string, Feature>>): string[] =>
  namespaceTypes.flatMap(type => {
    const { available: can = true, reason } = features[featureOf(type)] ?? {};
    return namespaces[type] !== true || can || !supportedTypes.includes(type) ? [] : [`No ${type} namespace can be made: ${reason}.`];
  });

const FILE_SYSTEMS = ['overlay', 'mqueue'] as const;

/** One look at what the machine does under the settings that are in force. */
class Tried {
  readonly settings: string;
  /** Something was refused that may not be the next time: a limit that was reached, say. */
  failed = false;
  readonly found: Promise<Readonly<Record<string, Feature>>>;

  constructor(settings: string) {
    this.settings = settings;
    this.found = this.#try();
  }

  async #try(): Promise<Readonly<Record<string, Feature>>> {
    const [made, ...mounted] = await Promise.all([
      tryNamespaces(supportedTypes, isRoot()),
      ...FILE_SYSTEMS.map(async name => [name, isRoot() ? fileSystem(name, await tryFileSystem(name)) : notRoot] as const),
    ]);
    this.failed = [...made.values()].some(each => each !== undefined);
    const found = { ...namespaces(made), ...Object.fromEntries(mounted) };
    return { ...found, sandboxes: sandboxes(found) };
  }
}

/** Features are what was tried, and are tried again when a setting of the kernel has changed since, or something failed. */
export class Features {
  readonly #lasting = lasting();
  #tried: Tried | undefined;

  async ask(): Promise<Record<string, Feature>> {
    const settings = decisive.map(path => readSysctl(path) ?? '').join();
    if (this.#tried?.settings !== settings || this.#tried.failed) this.#tried = new Tried(settings);
    return { ...(await this.#tried.found), ...this.#lasting };
  }
}
