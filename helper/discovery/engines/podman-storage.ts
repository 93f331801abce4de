// What Podman wrote down of a container where it keeps its layers: the name it has now, and the image.
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { boundedName, type Found } from './engine.ts';
import { parseJson, type Root } from './roots.ts';

/** The part of containers/storage's lists that has names and images; `metadata` is JSON in a string. */
const Storage = z.array(z.object({ id: z.string(), names: z.nullish(z.array(z.string())), metadata: z.optional(z.string()) }));
const Metadata = z.object({ 'image-name': z.optional(z.string()) });

/** The second has those that are gone when they end: of `podman run --rm`, and of units that Podman makes (quadlets). */
const lists = ['containers.json', 'volatile-containers.json'];

/**
 * Undefined where the storage has no such container.
 * @param bundle it is <storage>/overlay-containers/ID/userdata, and the lists are beside ID
 */
export function readStored(root: Root, bundle: string, id: string): Partial<Pick<Found, 'name' | 'image'>> | undefined {
  const directory = dirname(dirname(bundle));
  for (const list of lists) {
    const stored = root.readJson(join(directory, list), Storage)?.value.find(each => each.id === id);
    if (!stored) continue;
    const image = parseJson(stored.metadata ?? '', Metadata)?.['image-name'];
    const name = stored.names?.[0];
    return { ...(name !== undefined && { name: boundedName(name) }), ...(image && { image: boundedName(image) }) };
  }
  return undefined;
}
