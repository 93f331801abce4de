// The part of an OCI bundle's config.json that tells people's names for what was made of it.
import * as z from 'zod/mini';
import { parseJson, type Root, type Stated } from './roots.ts';

const Config = z.object({
  annotations: z.nullish(z.record(z.string(), z.string())),
  mounts: z.nullish(z.array(z.object({ source: z.optional(z.string()) }))),
});

export interface Bundle {
  readonly annotations: Readonly<Record<string, string>>;
  /** What is mounted into the container, as the engine's paths. */
  readonly sources: readonly string[];
}

export function readBundle(root: Root, directory: string): Stated<Bundle> | undefined {
  const stated = root.readJson(`${directory}/config.json`, Config);
  if (!stated) return undefined;
  const { annotations, mounts } = stated.value;
  return { ...stated, value: { annotations: annotations ?? {}, sources: (mounts ?? []).flatMap(({ source }) => source ?? []) } };
}

export interface Pod {
  /** `namespace/name`. */
  readonly pod: string;
  readonly name: string;
  readonly image?: string;
  readonly labels: Record<string, string>;
}

const Labels = z.record(z.string(), z.string());

/**
 * The pod that containerd's CRI, CRI-O or whoever copies Kubernetes' labels wrote down; undefined when it is of no pod.
 * The container that only keeps the pod's namespaces goes by the pod's name.
 */
export function podOf(annotations: Readonly<Record<string, string>>): Pod | undefined {
  const first = (...keys: readonly string[]) => keys.map(key => annotations[key]).find(value => value !== undefined && value !== '');
  const podName = first('io.kubernetes.cri.sandbox-name', 'io.kubernetes.pod.name');
  const space = first('io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.pod.namespace');
  if (podName === undefined || space === undefined) return undefined;
  const uid = first('io.kubernetes.cri.sandbox-uid', 'io.kubernetes.pod.uid');
  const kind = first('io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType');
  const container = first('io.kubernetes.cri.container-name', 'io.kubernetes.container.name');
  const image = first('io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName');
  return {
    pod: `${space}/${podName}`,
    name: kind === 'sandbox' ? podName : (container ?? podName),
    ...(image !== undefined && { image }),
    // The same keys, whoever made it.
    labels: {
      'io.kubernetes.pod.name': podName,
      'io.kubernetes.pod.namespace': space,
      ...(uid !== undefined && { 'io.kubernetes.pod.uid': uid }),
      ...(kind !== undefined && { 'io.kubernetes.cri.container-type': kind }),
      ...(container !== undefined && { 'io.kubernetes.container.name': container }),
      ...parseJson(annotations['io.kubernetes.cri-o.Labels'] ?? '{}', Labels),
    },
  };
}
