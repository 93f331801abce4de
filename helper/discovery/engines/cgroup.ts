// What the path of a cgroup says of the container that it was made for: the last word where nothing else names it.
import { boundedName, type Facts, type Found, shortId } from './engine.ts';

export interface CgroupContainer {
  readonly engine: string;
  readonly id: string;
  /** The path up to the container's own part: what its processes make below it is the container's too. */
  readonly path: string;
}

interface CgroupRule {
  readonly engine: string;
  /** Matches one part of the path; its first group is the container's id. */
  readonly pattern: RegExp;
  /** What some part before it must look like; `parent`: the one right before. */
  readonly below?: RegExp;
  readonly parent?: string;
}

const hex = '[0-9a-f]{64}';

/** How engines name the cgroup of a container, with and without systemd; tried in this order for each part. */
const rules: readonly CgroupRule[] = [
  {
    engine: 'kubernetes',
    pattern: new RegExp(`^(?:cri-containerd-|crio-|docker-)?(${hex})(?:\\.scope)?$`),
    below: /^(?:kubelet-)?kubepods(?:$|[-.])/,
  },
  { engine: 'kubernetes', pattern: new RegExp(`^(?:cri-containerd|crio)-(${hex})(?:\\.scope)?$`) },
  // Below a unit's own, as of a quadlet: libpod-payload-ID beside conmon's.
  { engine: 'podman', pattern: new RegExp(`^libpod-(?:payload-)?(${hex})(?:\\.scope)?$`) },
  { engine: 'docker', pattern: new RegExp(`^docker-(${hex})\\.scope$`) },
  { engine: 'docker', pattern: new RegExp(`^(${hex})$`), parent: 'docker' },
  { engine: 'lxc', pattern: /^lxc\.payload\.(.+)$/ },
  { engine: 'nspawn', pattern: /^machine-(.+)\.scope$/ },
  { engine: 'nspawn', pattern: /^systemd-nspawn@(.+)\.service$/ },
];

/** What runc makes when no engine names the cgroup: the container's id, at the top. systemd's units are no containers. */
const barePath = /^\/(?!.*\.(?:slice|scope|service)$)([\w+.-]+)$/;

/** Which container's init has these cgroups; undefined for a process of no container. */
export function containerOfCgroup(paths: readonly string[]): CgroupContainer | undefined {
  for (const path of paths) {
    const found = containerOfPath(path);
    if (found) return found;
  }
  for (const path of paths) {
    const id = barePath.exec(path)?.[1];
    if (id !== undefined) return { engine: 'oci', id, path };
  }
  return undefined;
}

/** The innermost counts: an engine inside a container makes its cgroups below that container's. */
function containerOfPath(path: string): CgroupContainer | undefined {
  const parts = path.split('/');
  for (let index = parts.length - 1; index > 0; index--) {
    const part = parts[index] ?? '';
    for (const { engine, pattern, below, parent } of rules) {
      const id = pattern.exec(part)?.[1];
      if (id === undefined || (parent !== undefined && parts[index - 1] !== parent)) continue;
      if (below && !parts.slice(0, index).some(each => below.test(each))) continue;
      return { engine, id: engine === 'nspawn' ? unescapeUnit(id) : id, path: parts.slice(0, index + 1).join('/') };
    }
  }
  return undefined;
}

/** systemd.unit(5): what a unit's name must not hold is written as `\x2d`, and `/` as `-`. */
const unescapeUnit = (name: string): string =>
  name.replaceAll('-', '/').replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** The group of a container that a supervisor calls `id`: that of its cgroup, where that says the same. */
export function groupOf({ cgroup, parent }: Facts, id: string): string {
  return cgroup?.id === id ? `cgroup ${cgroup.path}` : `child ${id} of ${parent?.pid} ${parent?.start}`;
}

/** The same where no supervisor is above it. */
export const groupOfInit = ({ cgroup, process }: Facts, id: string): string =>
  cgroup?.id === id ? `cgroup ${cgroup.path}` : `init ${process.pid} ${process.start}`;

export function byCgroup({ cgroup }: Facts): Found | undefined {
  if (!cgroup) return undefined;
  const { engine, id, path } = cgroup;
  return {
    engine,
    id: boundedName(id),
    name: boundedName(shortId(id)),
    labels: {},
    source: 'cgroup',
    group: `cgroup ${path}`,
    complete: false,
    ...((engine === 'docker' || engine === 'podman') && { api: { engine } }),
  };
}
