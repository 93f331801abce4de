// An image, layer upon layer.
import { type Unpacking, unpackArchive } from './archive.ts';
import { architecture, chooseManifest } from './choice.ts';
import { Fault } from './fault.ts';
import { Layout, shown } from './layout.ts';
import { Config, configTypes, type Descriptor, layerTypes, Manifest } from './oci-format.ts';
import type { ImageConfig } from './questions.ts';

/** @throws Fault, SysError */
export async function unpackImage(path: string, reference: string | undefined, unpacking: Unpacking): Promise<ImageConfig> {
  using layout = new Layout(path, unpacking.caller, unpacking.signal);
  const { config: about, layers } = await layout.json(await chooseManifest(layout, reference), Manifest);
  requireType(about, configTypes, 'the configuration of an image');
  for (const layer of layers) requireType(layer, layerTypes, 'a layer that Burrow reads');
  const config = await layout.json(about, Config);
  if (config.os !== 'linux' || config.architecture !== architecture) {
    const platform = JSON.stringify(`${config.os}/${config.architecture}`);
    throw new Fault(`it is for ${platform}, and this machine is linux/${architecture}`, { kind: 'unsupported' });
  }
  for (const layer of layers) await unpackLayer(layout, layer, unpacking);
  return configOf(config);
}

async function unpackLayer(layout: Layout, layer: Descriptor, unpacking: Unpacking): Promise<void> {
  unpacking.tree.beginLayer();
  try {
    await unpackArchive(layout.blob(layer), 'layer', unpacking);
  } catch (error) {
    unpacking.signal.throwIfAborted();
    // Where the blob is not what it should be, that is the reason for whatever else was wrong.
    if (error instanceof Fault) for await (const _ of layout.blob(layer));
    throw error;
  }
}

function requireType({ mediaType, digest }: Descriptor, known: ReadonlySet<string>, what: string): void {
  if (!known.has(mediaType)) throw new Fault(`blob ${shown(digest)} is of media type ${JSON.stringify(mediaType)}, which is not ${what}`);
}

function configOf({ config }: Config): ImageConfig {
  const command = [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])];
  return {
    environment: Object.fromEntries((config?.Env ?? []).flatMap(each => variable(each))),
    ...(command.length > 0 && { command }),
    ...(config?.WorkingDir && { directory: config.WorkingDir }),
    ...(config?.User && { user: config.User }),
  };
}

/** `NAME=value`; what has no name is none. */
function variable(text: string): [string, string][] {
  const at = text.indexOf('=');
  return at > 0 ? [[text.slice(0, at), text.slice(at + 1)]] : [];
}
