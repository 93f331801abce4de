// What Podman and CRI-O run: conmon stays above each container, and its command line has id, name and bundle.
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { podOf, readBundle } from './bundle.ts';
import { groupOf } from './cgroup.ts';
import { boundedLabels, boundedName, type Facts, type Found, shortId, userOf } from './engine.ts';
import { parseJson, Root } from './roots.ts';
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
  const found: Found = {
    engine: 'podman',
    id: boundedName(id),
    name: boundedName(name ?? shortId(id)),
    labels: {},
    ...userOf(parent.uid),
    source: 'conmon',
    group: groupOf(facts, id),
    complete: false,
    api: { engine: 'podman' },
  };
  using root = Root.of(parent);
  const bundle = root && readBundle(root, directory);
  if (!bundle || !facts.reach.covers(facts.reach.claimant(parent, bundle.uid), facts.process)) return found;
  if (bundle.value.annotations['io.container.manager'] === 'cri-o') return criO(found, bundle.path, bundle.value.annotations);
  const stored = readStorage(root, directory, id);
  return { ...found, ...stored, complete: name !== undefined && stored.image !== undefined };
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

/** The part of containers/storage's list that has names and images; `metadata` is JSON in a string. */
const Storage = z.array(z.object({ id: z.string(), names: z.nullish(z.array(z.string())), metadata: z.optional(z.string()) }));
const Metadata = z.object({ 'image-name': z.optional(z.string()) });

/** The bundle is <storage>/overlay-containers/ID/userdata. A container that was given another name has it here only. */
function readStorage(root: Root, bundle: string, id: string): Partial<Pick<Found, 'name' | 'image'>> {
  const list = root.readJson(join(dirname(dirname(bundle)), 'containers.json'), Storage);
  const stored = list?.value.find(each => each.id === id);
  const image = parseJson(stored?.metadata ?? '', Metadata)?.['image-name'];
  const name = stored?.names?.[0];
  return { ...(name !== undefined && { name: boundedName(name) }), ...(image !== undefined && { image: boundedName(image) }) };
}
