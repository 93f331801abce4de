// Docker's own state of a container, which is there when its API is slow, or when its daemon is not running.
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { readBundle } from './bundle.ts';
import { groupOf } from './cgroup.ts';
import { boundedLabels, boundedName, type Facts, type Found, shortId, userOf } from './engine.ts';
import type { Root } from './roots.ts';

/** The part of config.v2.json, and of the API's answer, that says what a container is called and which process it is. */
export const DockerContainer = z.object({
  Name: z.string(),
  State: z.object({ Pid: z.int() }),
  Config: z.optional(z.object({ Image: z.optional(z.string()), Labels: z.nullish(z.record(z.string(), z.string())) })),
});
export type DockerContainer = z.infer<typeof DockerContainer>;

/** One container's answer of Docker's API, which Podman has, too. */
export const containerPath = (id: string): string => `/containers/${encodeURIComponent(id)}/json`;

/** What people call it: the API and the state have a slash before it. */
export const dockerNames = (id: string, { Name, Config }: DockerContainer): Pick<Found, 'name' | 'image' | 'labels'> => ({
  name: boundedName(Name.replace(/^\//, '') || shortId(id)),
  labels: boundedLabels(Config?.Labels ?? {}),
  ...(Config?.Image !== undefined && { image: boundedName(Config.Image) }),
});

/** Where dockerd keeps what it knows of its containers. */
const usualDirectory = '/var/lib/docker/containers';

export function dockerState(facts: Facts, root: Root, bundle: string, id: string): Found | undefined {
  // The bundle does not say where that is, but the container gets its /etc/hostname and the like from there.
  const mounted = readBundle(root, bundle)?.value.sources.find(source => source.includes(`/containers/${id}/`));
  const directory = mounted === undefined ? `${usualDirectory}/${id}` : dirname(mounted);
  const stated = root.readJson(`${directory}/config.v2.json`, DockerContainer);
  const { reach, parent, process } = facts;
  if (!stated) return undefined;
  const claimant = reach.claimant(parent, stated.uid);
  if (!reach.isPid(claimant, process, stated.value.State.Pid) || !reach.covers(claimant, process)) return undefined;
  return {
    engine: 'docker',
    id,
    ...dockerNames(id, stated.value),
    space: 'moby',
    ...userOf(parent?.uid ?? 0),
    source: stated.path,
    group: groupOf(facts, id),
    complete: true,
    api: { engine: 'docker' },
  };
}
