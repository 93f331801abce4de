// Which processes are the inits of containers, and what people call them.
import { readFileSync } from 'node:fs';
import type { Container, Process } from '../protocol/model.ts';
import { parseCgroup } from '../sys/procfs.ts';
import type { DockerNames } from './docker.ts';
import type { Gaps } from './gaps.ts';
import { readRuncStates } from './runc.ts';

interface CgroupRule {
  readonly engine: string;
  /** Its first group is the container's id. */
  readonly pattern: RegExp;
}

/** How engines name the cgroup of a container, with and without systemd; tried in this order. */
const cgroupRules: readonly CgroupRule[] = [
  { engine: 'kubernetes', pattern: /\/kubepods[^/]*\/.*?(?:cri-containerd-|crio-)?([0-9a-f]{64})(?:\.scope)?$/ },
  { engine: 'podman', pattern: /\/libpod-([0-9a-f]{64})(?:\.scope)?(?:\/container)?$/ },
  { engine: 'docker', pattern: /(?:^\/docker\/|\/docker-)([0-9a-f]{64})(?:\.scope)?$/ },
  { engine: 'lxc', pattern: /\/lxc\.payload\.([^/]+)$/ },
  { engine: 'nspawn', pattern: /\/machine-([^/]+)\.scope(?:\/payload)?$/ },
];

/** What runc makes when no engine names the cgroup: the container's id, at the top. systemd's units are no containers. */
const bareRule: CgroupRule = { engine: 'oci', pattern: /^\/(?!.*\.(?:slice|scope|service)$)([\w+.-]+)$/ };

export interface Containers {
  find(processes: readonly Process[], gaps: Gaps): Container[];
}

export class ContainerFinder implements Containers {
  readonly #docker: DockerNames;

  constructor(docker: DockerNames) {
    this.#docker = docker;
  }

  find(processes: readonly Process[], gaps: Gaps): Container[] {
    const byPid = new Map(processes.map(process => [process.pid, process]));
    const containers = new Map<number, Container>();
    for (const state of readRuncStates(gaps)) {
      // A pid without its start time might be another process's by now.
      if (byPid.get(state.pid)?.start === state.start) {
        containers.set(state.pid, {
          engine: 'runc',
          id: state.id,
          name: state.id,
          pid: state.pid,
          labels: state.labels,
          source: state.path,
        });
      }
    }
    for (const process of processes) {
      if (!isInit(process, byPid.get(process.parent))) continue;
      const container = this.#byCgroup(process);
      if (container && (container.engine !== 'oci' || !containers.has(process.pid))) containers.set(process.pid, container);
    }
    return oldestOfEach([...containers.values()], byPid);
  }

  #byCgroup(process: Process): Container | undefined {
    const found = containerOfCgroup(cgroupPaths(process.pid));
    if (!found) return undefined;
    const { engine, id } = found;
    const known = engine === 'docker' || engine === 'podman' ? this.#docker.lookup(id) : undefined;
    const name = known?.name ?? (/^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id);
    return {
      engine,
      id,
      name,
      pid: process.pid,
      labels: known?.labels ?? {},
      source: known ? `${engine} API` : 'cgroup',
      ...(known?.image !== undefined && { image: known.image }),
    };
  }
}

/** A container that makes namespaces inside itself has several processes that look like its init: it is the oldest. */
function oldestOfEach(containers: readonly Container[], byPid: ReadonlyMap<number, Process>): Container[] {
  const startOf = ({ pid }: Container): number => byPid.get(pid)?.start ?? 0;
  const oldest = new Map<string, Container>();
  for (const each of containers) {
    const known = oldest.get(each.id);
    if (!known || startOf(each) < startOf(known)) oldest.set(each.id, each);
  }
  return [...oldest.values()];
}

/** Which container's init has these cgroups; undefined for a process of no container. */
export function containerOfCgroup(paths: readonly string[]): Pick<Container, 'engine' | 'id'> | undefined {
  for (const { engine, pattern } of [...cgroupRules, bareRule]) {
    const id = paths.map(path => pattern.exec(path)?.[1]).find(each => each !== undefined);
    if (id !== undefined) return { engine, id };
  }
  return undefined;
}

/** The first process of a container: pid 1 of its pid namespace, with a mount namespace that its parent has not. */
function isInit(process: Process, parent: Process | undefined): boolean {
  if (process.namespaces.mnt === undefined || process.namespaces.mnt === parent?.namespaces.mnt) return false;
  return process.pids.length > 1 && process.pids.at(-1) === 1;
}

function cgroupPaths(pid: number): string[] {
  try {
    return parseCgroup(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).map(line => line.path);
  } catch {
    return []; // it has ended
  }
}
