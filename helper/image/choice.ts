// Which of the images in a layout is meant: by its name, and for this machine's architecture.
import { arch } from 'node:process';
import { Fault } from './fault.ts';
import { type Layout, shown } from './layout.ts';
import { type Descriptor, Index, indexTypes, manifestTypes } from './oci-format.ts';

/** GOARCH, which images are labelled with, by Node's name. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
export const architecture = architectures[arch] ?? arch;

/** An index may hold an index, as that of an image for several platforms. */
const DEEPEST = 4;
/** So many names a sentence lists. */
const LISTED = 10;

/** A descriptor's names: `latest`, and the whole one that containerd adds. */
const nameKeys = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'] as const;
const namesOf = ({ annotations }: Descriptor): string[] => nameKeys.flatMap(key => annotations?.[key] ?? []);

/**
 * The manifest of the image that is meant, for this machine.
 * @param reference a name or a digest in index.json; left out for a layout that holds one image
 * @throws Fault
 */
export async function chooseManifest(layout: Layout, reference: string | undefined): Promise<Descriptor> {
  const { manifests } = await layout.index();
  const named = reference === undefined ? onlyImage(manifests) : manifests.filter(each => isCalled(each, reference));
  if (named.length === 0) {
    if (reference === undefined) throw new Fault('it holds no image');
    throw new Fault(`it holds no image called ${JSON.stringify(reference)}, only ${listed(manifests)}`, { kind: 'unknown' });
  }
  const found = (await Promise.all(named.map(each => expand(layout, each, 0)))).flat();
  const fitting = found.filter(({ platform }) => !platform || (platform.os === 'linux' && platform.architecture === architecture));
  const [first] = fitting;
  if (!first) throw new Fault(`it is for ${platformsOf(found)}, and this machine is linux/${architecture}`, { kind: 'unsupported' });
  return first;
}

const isCalled = (descriptor: Descriptor, reference: string): boolean =>
  descriptor.digest === reference || namesOf(descriptor).includes(reference);

/** Several without a name are one image for several platforms; with names they are several images. */
function onlyImage(manifests: readonly Descriptor[]): readonly Descriptor[] {
  const isSame = manifests.every(each => namesOf(each)[0] === (manifests[0] && namesOf(manifests[0])[0]));
  const isTold = manifests.every(({ platform }) => platform);
  if (manifests.length < 2 || (isSame && isTold)) return manifests;
  throw new Fault(`it holds ${manifests.length} images, ${listed(manifests)}`, { hint: 'Say which one with "reference".' });
}

function listed(manifests: readonly Descriptor[]): string {
  const names = manifests.slice(0, LISTED).map(each => JSON.stringify(namesOf(each)[0] ?? each.digest));
  return `${names.join(', ')}${manifests.length > LISTED ? ', …' : ''}`;
}

async function expand(layout: Layout, descriptor: Descriptor, depth: number): Promise<Descriptor[]> {
  if (manifestTypes.has(descriptor.mediaType)) return [descriptor];
  if (!indexTypes.has(descriptor.mediaType)) {
    throw new Fault(`${shown(descriptor.digest)} is of media type ${JSON.stringify(descriptor.mediaType)}, which is no image`);
  }
  if (depth === DEEPEST) throw new Fault('its indexes are nested too deeply');
  const { manifests } = await layout.json(descriptor, Index);
  // Attestations lie beside the images, for a platform called unknown.
  const images = manifests.filter(({ platform }) => platform?.os !== 'unknown');
  const expanded: Descriptor[] = [];
  for (const each of images) expanded.push(...(await expand(layout, each, depth + 1)));
  return expanded;
}

const platformsOf = (found: readonly Descriptor[]): string =>
  [...new Set(found.map(({ platform }) => JSON.stringify(`${platform?.os}/${platform?.architecture}`)))].slice(0, LISTED).join(', ') ||
  'no platform';
