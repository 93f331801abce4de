// What containerd runs: its own containers, Docker's and those of Kubernetes. A shim stays above each, in the directory that
// holds the container's bundle: <state>/io.containerd.runtime.v2.task/NAMESPACE/ID.
import { readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Process } from '../../protocol/model.ts';
import { podOf, readBundle } from './bundle.ts';
import { groupOf } from './cgroup.ts';
import { dockerState } from './docker.ts';
import { boundedLabels, boundedName, type Facts, type Found, shortId, userOf } from './engine.ts';
import { Root } from './roots.ts';
import { optionOf } from './supervisors.ts';

/** Docker's name for its part of containerd. */
const DOCKER_SPACE = 'moby';

export function byShim(facts: Facts): Found | undefined {
  const { parent, supervisor } = facts;
  if (!parent?.name.startsWith('containerd-shim')) return undefined;
  const space = optionOf(supervisor, '-namespace');
  const shimId = optionOf(supervisor, '-id');
  if (space === undefined || shimId === undefined) return undefined;
  const tasks = tasksOf(parent);
  using root = Root.of(parent);
  const id = root && tasks !== undefined ? idOf(facts, root, tasks, shimId) : shimId;
  const told = root && tasks !== undefined ? byState(facts, root, `${tasks}/${id}`, id, space) : undefined;
  return told ?? unnamed(facts, id, space);
}

/** The directory of the shim's containerd namespace. A shim works in the bundle of the container it was started for. */
function tasksOf({ pid }: Process): string | undefined {
  try {
    return dirname(readlinkSync(`/proc/${pid}/cwd`));
  } catch {
    return undefined; // it has ended, or is another user's
  }
}

/** One shim serves all containers of a pod and is called by the first one's id, so that the others go by their cgroup or pid file. */
function idOf({ process, parent, cgroup, reach }: Facts, root: Root, tasks: string, shimId: string): string {
  const claimant = reach.claimant(parent);
  const isIt = (id: string) => reach.isPid(claimant, process, Number(root.read(`${tasks}/${id}/init.pid`)?.value ?? 0));
  const cgroupId = cgroup?.id;
  if (cgroupId === shimId || isIt(shimId)) return shimId;
  if (cgroupId !== undefined && root.stampOf(`${tasks}/${cgroupId}`) !== undefined) return cgroupId;
  return root.list(tasks).find(isIt) ?? shimId;
}

function byState(facts: Facts, root: Root, directory: string, id: string, space: string): Found | undefined {
  if (space === DOCKER_SPACE) return dockerState(facts, root, directory, id);
  const bundle = readBundle(root, directory);
  const claimant = facts.reach.claimant(facts.parent, bundle?.uid);
  if (!bundle || !facts.reach.covers(claimant, facts.process)) return undefined;
  const { annotations } = bundle.value;
  const pod = podOf(annotations);
  return {
    ...unnamed(facts, id, space),
    ...(pod && { engine: 'kubernetes', pod: boundedName(pod.pod) }),
    // nerdctl's is the only name besides the id that anybody gives.
    name: boundedName(pod?.name ?? annotations['nerdctl/name'] ?? shortId(id)),
    ...(pod?.image !== undefined && { image: boundedName(pod.image) }),
    labels: boundedLabels({ ...pod?.labels, ...annotations }),
    source: bundle.path,
    complete: true,
  };
}

function unnamed(facts: Facts, id: string, space: string): Found {
  const { parent: shim, supervisor } = facts;
  const isDocker = space === DOCKER_SPACE;
  const address = optionOf(supervisor, '-address');
  return {
    engine: isDocker ? 'docker' : 'containerd',
    id: boundedName(id),
    name: boundedName(shortId(id)),
    labels: {},
    space: boundedName(space),
    ...userOf(shim?.uid ?? 0),
    source: 'containerd-shim',
    group: groupOf(facts, id),
    complete: false,
    ...(isDocker && { api: { engine: 'docker' } }),
    ...(!isDocker && shim && address !== undefined && { api: { engine: 'containerd', supervisor: shim, address, space } }),
  };
}
