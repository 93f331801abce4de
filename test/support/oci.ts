// OCI image layouts, made by hand.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch } from 'node:process';

export interface TestDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export const ownArchitecture = arch === 'x64' ? 'amd64' : arch;
const oci = (what: string): string => `application/vnd.oci.image.${what}`;
export const LAYER = oci('layer.v1.tar');

interface ImageOptions {
  readonly architecture?: string;
  readonly config?: unknown;
  readonly layerType?: string;
}

export class TestLayout {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(join(path, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(path, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  }

  blob(mediaType: string, contents: Buffer | string): TestDescriptor {
    const hex = createHash('sha256').update(contents).digest('hex');
    writeFileSync(this.file(`sha256:${hex}`), contents);
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(contents) };
  }

  file(digest: string): string {
    return join(this.path, 'blobs', digest.replace(':', '/'));
  }

  json(what: string, value: unknown): TestDescriptor {
    return this.blob(oci(what), JSON.stringify(value));
  }

  image(layers: readonly Buffer[], { architecture = ownArchitecture, config = {}, layerType = LAYER }: ImageOptions = {}): TestDescriptor {
    const manifest = this.json('manifest.v1+json', {
      schemaVersion: 2,
      config: this.json('config.v1+json', { architecture, os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } }),
      layers: layers.map(layer => this.blob(layerType, layer)),
    });
    return { ...manifest, platform: { architecture, os: 'linux' } };
  }

  nested(manifests: readonly TestDescriptor[]): TestDescriptor {
    return this.json('index.v1+json', { schemaVersion: 2, manifests });
  }

  index(...manifests: readonly TestDescriptor[]): void {
    writeFileSync(join(this.path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  }
}

export const called = (name: string, { platform: _, ...descriptor }: TestDescriptor): TestDescriptor => ({
  ...descriptor,
  annotations: { 'org.opencontainers.image.ref.name': name },
});
