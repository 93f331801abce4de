// The files of an OCI image layout, as far as unpacking needs them: the OCI image specification,
// image-layout.md, descriptor.md, image-index.md, manifest.md, config.md, and Docker's names for the same.
import * as z from 'zod';

export const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
export const manifestTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);
export const configTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);
/** How each is compressed its first bytes say. */
export const layerTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.oci.image.layer.nondistributable.v1.tar',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
]);

const Annotations = z.record(z.string(), z.string()).nullish();

export const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string(),
  size: z.int().min(0),
  platform: z.object({ architecture: z.string(), os: z.string() }).nullish(),
  annotations: Annotations,
});
export type Descriptor = z.infer<typeof Descriptor>;

export const LayoutFile = z.object({ imageLayoutVersion: z.string().regex(/^1\./) });

/** More than any registry takes. */
const MAX_MANIFESTS = 10_000;
const MAX_LAYERS = 1000;

export const Index = z.object({ manifests: z.array(Descriptor).max(MAX_MANIFESTS) });
export const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor).max(MAX_LAYERS) });

const Words = z.array(z.string()).nullish();

export const Config = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z
    .object({
      Env: Words,
      Entrypoint: Words,
      Cmd: Words,
      WorkingDir: z.string().nullish(),
      User: z.string().nullish(),
    })
    .nullish(),
});
export type Config = z.infer<typeof Config>;
