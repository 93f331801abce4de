import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containerOfCgroup } from '../../../../helper/discovery/containers.ts';

const id = '0123456789abcdef'.repeat(4);
const pod = 'pod1b2c3d4e-0000-4000-8000-000000000000';

/** How engines name the cgroup of a container's init, with cgroupfs and with systemd. */
const paths: readonly (readonly [string, string, string])[] = [
  [`/docker/${id}`, 'docker', id],
  [`/system.slice/docker-${id}.scope`, 'docker', id],
  [`/libpod_parent/libpod-${id}`, 'podman', id],
  [`/machine.slice/libpod-${id}.scope`, 'podman', id],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`, 'podman', id],
  [`/kubepods/besteffort/${pod}/${id}`, 'kubernetes', id],
  [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${pod.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
    'kubernetes',
    id,
  ],
  [`/kubepods.slice/kubepods-${pod.replaceAll('-', '_')}.slice/crio-${id}.scope`, 'kubernetes', id],
  ['/lxc.payload.web', 'lxc', 'web'],
  ['/machine.slice/machine-fx\\x2dnspawn.scope/payload', 'nspawn', 'fx\\x2dnspawn'],
  ['/fx-runc', 'oci', 'fx-runc'],
];

const none = ['/', '', '/user.slice/user-1000.slice/session-2.scope', '/system.slice/ssh.service', `/docker/${id.slice(1)}/x`];

describe('containerOfCgroup', () => {
  for (const [path, engine, container] of paths)
    it(`finds ${engine} in ${path}`, () => assert.deepEqual(containerOfCgroup(['/', path]), { engine, id: container }));
  for (const path of none) it(`finds none in ${JSON.stringify(path)}`, () => assert.equal(containerOfCgroup([path]), undefined));

  it('prefers an engine’s name to a bare one on another hierarchy', () => {
    assert.deepEqual(containerOfCgroup(['/fx', `/docker/${id}`]), { engine: 'docker', id });
  });
});
