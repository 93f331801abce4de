import { type DefinitionInput, SandboxName } from '../../helper/protocol/definition/definition.ts';
import type { Choice } from '../questions.ts';

/** What the wizard is told about where it runs. */
export interface Surroundings {
  readonly taken: readonly string[];
  /** A subnet that is free now, like `10.201.0.0/30`. */
  readonly subnet: string | undefined;
  /** The folder that is open in the window, where it is one of this machine. */
  readonly workspace: string | undefined;
  /** The network namespaces that can be joined. */
  readonly networks: readonly Choice<number>[];
  /** The containers that a sandbox can be like, by their ids. */
  readonly containers: readonly Choice<string>[];
}

export type Purpose = 'shell' | 'untrusted' | 'lab';

/** Those that somebody else made: the path of a directory, of a tar archive, of a directory in the OCI image layout. */
export type ForeignFiles = 'directory' | 'archive' | 'image';
export type Files = { readonly kind: 'discard' | 'readonly' | 'workspace' } | { readonly kind: ForeignFiles; readonly path: string };
/** `join` is the inode of a network namespace. */
export type Network = 'link' | 'none' | { readonly join: number };

export interface Answers {
  readonly name: string;
  readonly purpose: Purpose;
  readonly files: Files;
  readonly network: Network;
}

/** The sentence about a name that cannot be taken. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const read = SandboxName.safeParse(name);
  if (!read.success) return `A name ${read.error.issues[0]?.message ?? 'is needed'}.`;
  return taken.includes(name) ? `${name} is taken: a sandbox of that name exists.` : undefined;
}

/** What is no preset: the sandbox is made of a definition that opens in an editor. */
export type InEditor = 'like' | 'by-hand';

export const purposeChoices = (containers: Surroundings['containers']): Choice<Purpose | InEditor>[] => [
  { label: 'Shell to try things in', detail: 'Writes are thrown away, a link to the host.', value: 'shell' },
  {
    label: 'Run an untrusted program',
    detail: 'Read-only, no network, no capability; 512 MB, 256 processes, 1 processor.',
    value: 'untrusted',
  },
  { label: 'Network lab', detail: 'Files are read-only, a link to the host.', value: 'lab' },
  ...(containers.length > 0
    ? [{ label: 'Reproduce a container…', detail: 'Opens a definition like it in an editor.', value: 'like' as const }]
    : []),
  { label: 'Everything by hand', detail: 'Opens a definition in an editor.', value: 'by-hand' },
];

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

// What a sandbox mounts over: a folder below one of these does not exist inside.
const hidden = ['/tmp', '/proc', '/sys', '/dev', '/run'];

/** First the one that fits the purpose: Enter takes it. */
export function filesChoices(purpose: Purpose, workspace: string | undefined): Choice<Files['kind']>[] {
  const discard: Choice<Files['kind']> = { label: "This machine's, writes are thrown away", value: 'discard' };
  const readonly: Choice<Files['kind']> = { label: "This machine's, read-only", value: 'readonly' };
  const usable = workspace !== undefined && workspace !== '/' && !hidden.some(folder => isBelow(workspace, folder));
  return [
    ...(purpose === 'shell' ? [discard, readonly] : [readonly, discard]),
    ...(usable ? [{ label: "This machine's, read-only, this workspace writable", detail: workspace, value: 'workspace' as const }] : []),
    { label: 'A directory…', detail: 'One that holds a root file system; it is not written to.', value: 'directory' },
    { label: 'A tar archive…', detail: 'Of a root file system, also compressed. It is unpacked for this sandbox.', value: 'archive' },
    { label: 'An OCI image directory…', detail: 'In the OCI image layout, as skopeo and buildah write it.', value: 'image' },
  ];
}

export function networkChoices(purpose: Purpose, { subnet, networks }: Surroundings): Choice<'link' | 'none' | 'join'>[] {
  const link: Choice<'link'> = { label: subnet === undefined ? 'Link to the host' : `Link to the host (${subnet})`, value: 'link' };
  const none: Choice<'none'> = { label: 'None', detail: 'Only its own loopback.', value: 'none' };
  return [
    ...(purpose === 'untrusted' ? [none, link] : [link, none]),
    ...(networks.length > 0
      ? [{ label: 'Join a network namespace…', detail: 'That of a container, of another sandbox or of ip netns.', value: 'join' as const }]
      : []),
  ];
}

const tmpfs = { type: 'tmpfs', path: '/tmp', mode: '1777' } as const;

function filesOf(files: Files, workspace: string | undefined): Pick<DefinitionInput, 'root' | 'mounts' | 'directory'> {
  switch (files.kind) {
    case 'discard':
    case 'readonly':
      return { root: files.kind };
    case 'directory':
      return { root: { directory: files.path } };
    case 'archive':
      return { root: { archive: files.path } };
    case 'image':
      return { root: { image: files.path } };
    case 'workspace': {
      if (workspace === undefined) throw new Error('the workspace was chosen, and none is open');
      return {
        root: 'readonly',
        mounts: [tmpfs, { type: 'bind', source: workspace, path: workspace, readonly: false }],
        directory: workspace,
      };
    }
  }
}

const networkOf = (network: Network): Pick<DefinitionInput, 'network' | 'namespaces'> =>
  typeof network === 'string' ? { network } : { namespaces: { net: `net:${network.join}` } };

/** What a purpose adds to the answers. */
const presets: Readonly<Record<Purpose, Pick<DefinitionInput, 'limits' | 'security'>>> = {
  shell: {},
  lab: {},
  untrusted: {
    limits: { memory: '512M', processes: 256, cpu: 1 },
    security: { capabilities: [], noNewPrivileges: true, seccomp: 'default' },
  },
};

/** The definition that the answers stand for. */
export const definitionOf = ({ name, purpose, files, network }: Answers, workspace: string | undefined): DefinitionInput => ({
  name,
  ...filesOf(files, workspace),
  ...networkOf(network),
  ...presets[purpose],
});
