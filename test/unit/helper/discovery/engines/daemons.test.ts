import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Daemon, Daemons, usualSocketOf } from '../../../../../helper/discovery/engines/daemons.ts';
import { asSupervisor, exampleProcess } from './example.ts';

/** As machines run them: the kernel's name, the command line. */
const daemons = [
  ['dockerd', '/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock', 'docker'],
  ['containerd', '/usr/bin/containerd', 'containerd'],
  ['podman', '/usr/bin/podman --log-level=info system service', 'podman'],
  ['incusd', '/usr/libexec/incus/incusd --group incus-admin --logfile=/var/log/incus/incus.log', 'incus'],
  ['lxd', 'lxd --logfile /var/snap/lxd/common/lxd/logs/lxd.log --group lxd', 'lxd'],
] as const;

const others = [
  ['podman', 'podman run --rm -it alpine'],
  ['containerd-shim', '/usr/bin/containerd-shim-runc-v2 -namespace moby'],
  ['incusd', '[lxc monitor] /var/lib/incus/containers web'],
  ['incusd', '/usr/libexec/incus/incusd forkproxy -- 812 3'],
  ['lxd', '[lxc monitor] /var/snap/lxd/common/lxd/containers web'],
  ['systemd', '/sbin/init'],
  ['constructor', '[lxc monitor] /var/lib/incus/containers web'],
] as const;

describe('Daemons', () => {
  for (const [name, command, engine] of daemons)
    it(`are known by ${command}`, () => {
      const known = new Daemons();
      const process = exampleProcess({ name, command });
      assert.equal(known.note(process), true);
      assert.equal(known.note(process), false);
      assert.deepEqual(
        known.of(engine).map(each => each.process),
        [process],
      );
      known.forget(process.pid);
      assert.deepEqual(known.of(engine), []);
    });

  for (const [name, command] of others)
    it(`are not ${name}: ${command}`, () => assert.equal(new Daemons().note(exampleProcess({ name, command })), false));

  it('of one user are some, whatever processes are called', () => {
    const known = new Daemons();
    const noted = Array.from({ length: 20 }, (_, pid) => known.note(exampleProcess({ pid, name: 'dockerd', uid: 1000 })));
    assert.equal(noted.filter(Boolean).length, 8);
    assert.equal(known.note(exampleProcess({ pid: 99, name: 'dockerd', uid: 0 })), true);
  });

  it('are asked only while they run', () => {
    const running = asSupervisor({ name: 'dockerd' });
    assert.equal(new Daemon('docker', running).isRunning, true);
    assert.equal(new Daemon('docker', { ...running, start: running.start + 1 }).isRunning, false);
    assert.equal(new Daemon('docker', exampleProcess()).isRunning, false);
    assert.deepEqual(new Daemon('docker', exampleProcess()).sockets, []);
  });

  it('have usual sockets of Docker’s and Podman’s API', () => {
    const usual = (engine: 'docker' | 'podman' | 'containerd', uid: number) => usualSocketOf(new Daemon(engine, exampleProcess({ uid })));
    assert.equal(usual('docker', 0), '/run/docker.sock');
    assert.equal(usual('podman', 1000), '/run/user/1000/podman/podman.sock');
    assert.equal(usual('containerd', 0), undefined);
  });
});
