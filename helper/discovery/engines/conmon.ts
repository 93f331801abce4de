// What Podman and CRI-O run: conmon stays above each container, and its command line has id, name and bundle.
import type { Process } from '../../protocol/model.ts';
import { podOf, readBundle } from './bundle.ts';
import { groupOf, groupOfInit } from './cgroup.ts';
import { boundedLabels, boundedName, type Facts, type Found, shortId, userOf } from './engine.ts';
import { readStored } from './podman-storage.ts';
import { Root } from './roots.ts';
import type { Located } from './runtimes.ts';
import { optionOf } from './supervisors.ts';

/** Where CRI-O keeps its bundles; its newer conmon serves a whole pod and names none of them. */
const usualBundles = '/run/containers/storage/overlay-containers';

export function byConmon(facts: Facts): Found | undefined {
  const { parent, supervisor, cgroup } = facts;
  // A conmon of `podman exec` has a process above it that is no container's first.
  if (!parent?.name.startsWith('conmon') || supervisor.includes('--exec-process-spec')) return undefined;
  const id = optionOf(supervisor, '-c', '--cid') ?? cgroup?.id;
  if (id === undefined) return undefined;
  const name = optionOf(supervisor, '-n', '--name');
  const directory = optionOf(supervisor, '-b', '--bundle') ?? `${usualBundles}/${id}/userdata`;
  const base = unnamed(id, parent.uid, 'conmon', groupOf(facts, id));
  const found = name === undefined ? base : { ...base, name: boundedName(name) };
  return told(facts, found, parent, directory) ?? found;
}

/** One whose conmon has ended: the runtime's state leads to the bundle, whose annotations say who made it. */
export function withoutConmon(facts: Facts, { state, of }: Located): Found | undefined {
  const { id, uid, path, labels } = state;
  if (labels['bundle'] === undefined || !managers.includes(labels[MANAGER] ?? '')) return undefined;
  return told(facts, unnamed(id, uid, path, groupOfInit(facts, id)), of, labels['bundle']);
}

const MANAGER = 'io.container.manager';
const managers: readonly string[] = ['libpod', 'cri-o'];

const unnamed = (id: string, uid: number, source: string, group: string): Found => ({
  engine: 'podman',
  id: boundedName(id),
  name: boundedName(shortId(id)),
  labels: {},
  ...userOf(uid),
  source,
  group,
  complete: false,
  api: { engine: 'podman' },
});

/** With what its bundle says, in the root of `of`; undefined where that may not be believed. */
function told({ reach, process }: Facts, found: Found, of: Process | undefined, directory: string): Found | undefined {
  using root = of ? Root.of(of) : Root.at();
  const bundle = root && readBundle(root, directory);
  if (!bundle || !reach.covers(reach.claimant(of, bundle.uid), process)) return undefined;
  const { annotations } = bundle.value;
  if (annotations[MANAGER] === 'cri-o') return criO(found, bundle.path, annotations);
  const stored = readStored(root, directory, found.id);
  return { ...found, ...stored, complete: stored !== undefined };
}

function criO({ api: _, ...found }: Found, source: string, annotations: Readonly<Record<string, string>>): Found {
  const pod = podOf(annotations);
  return {
    ...found,
    engine: 'kubernetes',
    ...(pod && { name: boundedName(pod.name), pod: boundedName(pod.pod) }),
    ...(pod?.image !== undefined && { image: boundedName(pod.image) }),
    labels: boundedLabels({ ...pod?.labels, ...annotations }),
    source,
    complete: true,
  };
}
