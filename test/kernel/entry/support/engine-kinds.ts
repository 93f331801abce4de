// The containers of every engine in each form that differs for who enters, and how they are started.
import type { FixtureName } from '../../../support/fixture.ts';

export interface EngineKind {
  readonly what: string;
  readonly fixture: FixtureName;
  readonly environment?: Readonly<Record<string, string>>;
  /** What the fixture calls its containers; the first one, or the only one, has no name. */
  readonly containers?: readonly string[];
  /** Only one id is mapped in it. */
  readonly isOfOneUser?: true;
}

export const engineKinds: readonly EngineKind[] = [
  { what: 'runc', fixture: 'runc' },
  { what: 'crun', fixture: 'crun' },
  { what: 'crun with a user namespace', fixture: 'crun', environment: { FX_USERNS: '1' } },
  { what: 'lxc', fixture: 'lxc' },
  { what: 'lxc with a user and a time namespace', fixture: 'lxc', environment: { FX_USERNS: '1' } },
  { what: 'systemd-nspawn', fixture: 'nspawn' },
  { what: 'systemd-nspawn with a user namespace', fixture: 'nspawn', environment: { FX_USERNS: '1' } },
  { what: 'bubblewrap', fixture: 'bwrap', isOfOneUser: true },
  { what: 'bubblewrap without a user namespace', fixture: 'bwrap', environment: { FX_PRIVILEGED: '1' } },
  { what: 'ip netns', fixture: 'netns' },
  { what: 'containerd', fixture: 'containerd' },
  { what: 'a Kubernetes pod', fixture: 'cri', containers: ['', 'sandbox'] },
  { what: 'podman', fixture: 'podman' },
  { what: 'a user’s podman', fixture: 'podman-rootless' },
  { what: 'docker', fixture: 'docker', environment: { FX_VARIANTS: '1' }, containers: ['', 'user', 'dropped'] },
];
