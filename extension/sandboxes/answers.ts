import { type DefinitionInput, SandboxName } from '../../helper/protocol/definition/definition.ts';

/** What the wizard is told about where it runs. */
export interface Surroundings {
  readonly taken: readonly string[];
  /** A subnet that is free now, like `10.201.0.0/30`. */
  readonly subnet: string | undefined;
  /** The folder that is open in the window, where it is one of this machine. */
  readonly workspace: string | undefined;
}

export type Purpose = 'shell' | 'untrusted' | 'lab';
export type Files = { readonly kind: 'discard' | 'readonly' | 'workspace' } | { readonly kind: 'directory'; readonly path: string };
export type Network = 'link' | 'none';

export interface Answers {
  readonly name: string;
  readonly files: Files;
  readonly network: Network;
}

export interface Choice<T> {
  readonly label: string;
  readonly detail?: string;
  readonly value: T;
}

/** The sentence about a name that cannot be taken. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  const read = SandboxName.safeParse(name);
  if (!read.success) return `A name ${read.error.issues[0]?.message ?? 'is needed'}.`;
  return taken.includes(name) ? `${name} is taken: a sandbox of that name exists.` : undefined;
}

export const purposeChoices: readonly Choice<Purpose | 'by-hand'>[] = [
  { label: 'Shell to try things in', detail: 'Writes are thrown away, a link to the host.', value: 'shell' },
  { label: 'Run an untrusted program', detail: 'Files are read-only, and there is no network.', value: 'untrusted' },
  { label: 'Network lab', detail: 'Files are read-only, a link to the host.', value: 'lab' },
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
  ];
}

export function networkChoices(purpose: Purpose, subnet: string | undefined): Choice<Network>[] {
  const link: Choice<Network> = { label: subnet === undefined ? 'Link to the host' : `Link to the host (${subnet})`, value: 'link' };
  const none: Choice<Network> = { label: 'None', detail: 'Only its own loopback.', value: 'none' };
  return purpose === 'untrusted' ? [none, link] : [link, none];
}

const tmpfs = { type: 'tmpfs', path: '/tmp', mode: '1777' } as const;

/** The definition that the answers stand for. */
export function definitionOf({ name, files, network }: Answers, workspace: string | undefined): DefinitionInput {
  switch (files.kind) {
    case 'discard':
    case 'readonly':
      return { name, root: files.kind, network };
    case 'directory':
      return { name, root: { directory: files.path }, network };
    case 'workspace': {
      if (workspace === undefined) throw new Error('the workspace was chosen, and none is open');
      return {
        name,
        root: 'readonly',
        mounts: [tmpfs, { type: 'bind', source: workspace, path: workspace, readonly: false }],
        network,
        directory: workspace,
      };
    }
  }
}

/** A definition to be changed by hand: all its keys, each with what else it could be. */
export const definitionText = (
  name: string,
): string => `// A sandbox. "Burrow: Show Plan" says what will be done, "Burrow: Create Sandbox from This File" does it.
{
  "name": ${JSON.stringify(name)},
  // The host name inside; the name when left out.
  "hostname": ${JSON.stringify(name)},
  // "root": only you, as root inside. "auto": also your range of /etc/subuid and /etc/subgid, as the users from 1 on.
  "users": "root",
  // "discard": this machine's files, writes vanish. "readonly": nothing can be written.
  // { "directory": "/srv/rootfs", "readonly": true }: a directory that holds a root file system.
  "root": "discard",
  // Mounted in this order. A directory of this machine: { "type": "bind", "source": "/srv/data", "path": "/srv/data", "readonly": true }
  "mounts": [{ "type": "tmpfs", "path": "/tmp", "mode": "1777" }],
  // "link": a link to the host in a free subnet. "none": only the loopback. { "host": "10.201.7.1/30", "address": "10.201.7.2/30" }: these.
  "network": "link",
  // Added to the clocks that count since boot.
  "time": { "monotonicSeconds": 0, "boottimeSeconds": 0 },
  // What "burrow run" executes, without a shell in between.
  "command": ["sh"],
  "environment": {},
  "directory": "/"
}
`;
