// What Incus, and LXD before it, call a container for themselves and for people, and what their API says of one.
import * as z from 'zod/mini';
import { boundedName, type Found } from './engine.ts';

/** The project of those that were made in none. */
export const DEFAULT_PROJECT = 'default';

/** LXC's name for it is PROJECT_NAME outside of the default project; neither part has a `_` in it. */
export function instanceOf(id: string): { readonly name: string; readonly project?: string } {
  const at = id.indexOf('_');
  return at < 0 ? { name: id } : { name: id.slice(at + 1), project: id.slice(0, at) };
}

export function instancePath(id: string): string {
  const { name, project = DEFAULT_PROJECT } = instanceOf(id);
  return `/1.0/instances/${encodeURIComponent(name)}?project=${encodeURIComponent(project)}`;
}

/** The answer to it. What the image said of itself is in the configuration. */
export const Instance = z.object({ metadata: z.object({ config: z.record(z.string(), z.string()) }) });
export type Instance = z.infer<typeof Instance>;

/** The image by its description, as lists of images have it, or by its fingerprint: it keeps no other name. */
export function instanceNames({ metadata: { config } }: Instance): Pick<Found, 'image' | 'labels'> {
  const image = config['image.description'] || config['volatile.base_image']?.slice(0, FINGERPRINT_DIGITS);
  return { labels: {}, ...(image && { image: boundedName(image) }) };
}

/** So many of the 64 are shown everywhere. */
const FINGERPRINT_DIGITS = 12;
