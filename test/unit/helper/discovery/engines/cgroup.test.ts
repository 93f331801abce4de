import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { containerOfCgroup } from '../../../../../helper/discovery/engines/cgroup.ts';

const id = '0123456789abcdef'.repeat(4);
const inner = 'fedcba9876543210'.repeat(4);
const pod = 'pod1b2c3d4e-0000-4000-8000-000000000000';
const slice = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${pod.replaceAll('-', '_')}.slice`;

/** How engines name the cgroup of a container's init, with cgroupfs and with systemd: path, engine, id, what follows the container's part. */
const paths: readonly (readonly [path: string, engine: string, id: string, below?: string])[] = [
  [`/docker/${id}`, 'docker', id],
  [`/system.slice/docker-${id}.scope`, 'docker', id],
  [`/system.slice/docker-${id}.scope/init.scope`, 'docker', id, '/init.scope'],
  [`/docker/${id}/docker/${inner}`, 'docker', inner],
  [`/libpod_parent/libpod-${id}`, 'podman', id],
  [`/machine.slice/libpod-${id}.scope`, 'podman', id],
  [`/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope/container`, 'podman', id, '/container'],
  [`/machine.slice/libpod-${id}.scope/container`, 'podman', id, '/container'],
  [`/system.slice/web.service/libpod-payload-${id}`, 'podman', id],
  [`/kubepods/besteffort/${pod}/${id}`, 'kubernetes', id],
  [`${slice}/cri-containerd-${id}.scope`, 'kubernetes', id],
  [`/docker/${inner}/kubelet/kubepods/burstable/${pod}/${id}`, 'kubernetes', id],
  [`/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-${pod.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`, 'kubernetes', id],
  [`/kubepods.slice/kubepods-${pod.replaceAll('-', '_')}.slice/crio-${id}.scope`, 'kubernetes', id],
  ['/lxc.payload.web', 'lxc', 'web'],
  ['/lxc.payload.web/system.slice/nginx.service', 'lxc', 'web', '/system.slice/nginx.service'],
  ['/machine.slice/machine-fx\\x2dnspawn.scope/payload', 'nspawn', 'fx-nspawn', '/payload'],
  ['/machine.slice/systemd-nspawn@web.service/payload', 'nspawn', 'web', '/payload'],
  ['/fx-runc', 'oci', 'fx-runc'],
];

const none = [
  '/',
  '',
  '/user.slice/user-1000.slice/session-2.scope',
  '/system.slice/ssh.service',
  `/docker/${id.slice(1)}/x`,
  `/kubepods/besteffort/${pod}/crio-conmon-${id}.scope`,
  `/machine.slice/libpod-conmon-${id}.scope`,
  '/system.slice/web.service/runtime',
];

describe('containerOfCgroup', () => {
  for (const [path, engine, container, below = ''] of paths)
    it(`finds ${engine} in ${path}`, () => {
      const own = path.slice(0, path.length - below.length);
      assert.deepEqual(containerOfCgroup(['/', path]), { engine, id: container, path: own });
    });
  for (const path of none) it(`finds none in ${JSON.stringify(path)}`, () => assert.equal(containerOfCgroup([path]), undefined));

  it('prefers an engine’s name to a bare one on another hierarchy', () => {
    assert.deepEqual(containerOfCgroup(['/fx', `/docker/${id}`]), { engine: 'docker', id, path: `/docker/${id}` });
  });
});
