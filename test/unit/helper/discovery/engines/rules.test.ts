import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { byCgroup } from '../../../../../helper/discovery/engines/cgroup.ts';
import { byConmon, withoutConmon } from '../../../../../helper/discovery/engines/conmon.ts';
import type { Found } from '../../../../../helper/discovery/engines/engine.ts';
import { byLxc } from '../../../../../helper/discovery/engines/lxc.ts';
import { byNspawn } from '../../../../../helper/discovery/engines/nspawn.ts';
import { byShim } from '../../../../../helper/discovery/engines/shim.ts';
import { asSupervisor, exampleProcess, factsOf, id } from './example.ts';

const uid = process.getuid?.() ?? 0;
/** What the names of ordinary users' engines carry besides. */
const user = uid === 0 ? {} : { uid };
/** The pid that a state file gives for the example: as this process, which is beside it, sees it. */
const { pid } = exampleProcess();

const facts = ({ name, pod, image, labels, space, source }: Found) => ({ name, pod, image, labels, space, source });

describe('the rules of engines', () => {
  let folder = '';
  const back = process.cwd();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-rules-'));
  });
  after(() => {
    process.chdir(back);
    rmSync(folder, { recursive: true, force: true });
  });
  function write(path: string, content: unknown): string {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  describe('containerd’s shim', () => {
    const shim = asSupervisor({ name: 'containerd-shim' });
    const words = (space: string, of = id) => [
      '/usr/bin/containerd-shim-runc-v2',
      '-namespace',
      space,
      '-id',
      of,
      '-address',
      '/run/c.sock',
    ];
    /** The shim works in the bundle of the container that it was started for. */
    function bundle(space: string, of: string, config: unknown, initPid = pid): string {
      const file = write(`task/${space}/${of}/config.json`, config);
      write(`task/${space}/${of}/init.pid`, `${initPid}`);
      process.chdir(dirname(file));
      return file;
    }

    it('names what ctr runs by its id and space, with its labels', () => {
      const source = bundle('default', 'web', { annotations: { 'fx.name': 'fx-web' } });
      const found = byShim(factsOf({ parent: shim, supervisor: words('default', 'web'), cgroups: ['/default/web'] }));
      assert.deepEqual(found && { engine: found.engine, id: found.id, ...facts(found) }, {
        engine: 'containerd',
        id: 'web',
        ...{ name: 'web', pod: undefined, image: undefined, labels: { 'fx.name': 'fx-web' }, space: 'default', source },
      });
    });

    it('names what nerdctl runs as nerdctl does', () => {
      bundle('default', id, { annotations: { 'nerdctl/name': 'web' } });
      assert.equal(byShim(factsOf({ parent: shim, supervisor: words('default') }))?.name, 'web');
    });

    it('finds a pod’s second container by its pid file, and the pod in its annotations', () => {
      const second = id.replace('0', 'f');
      const source = bundle('k8s.io', second, {
        annotations: {
          'io.kubernetes.cri.container-name': 'app',
          'io.kubernetes.cri.container-type': 'container',
          'io.kubernetes.cri.image-name': 'docker.io/library/nginx:1.27',
          'io.kubernetes.cri.sandbox-id': id,
          'io.kubernetes.cri.sandbox-name': 'web-7d9f',
          'io.kubernetes.cri.sandbox-namespace': 'shop',
        },
      });
      bundle('k8s.io', id, {}, 4711);
      const found = byShim(factsOf({ parent: shim, supervisor: words('k8s.io') }));
      assert.equal(found?.engine, 'kubernetes');
      assert.equal(found?.id, second);
      assert.deepEqual(
        [found?.pod, found?.name, found?.image, found?.space, found?.source],
        ['shop/web-7d9f', 'app', 'docker.io/library/nginx:1.27', 'k8s.io', source],
      );
      assert.equal(found?.labels['io.kubernetes.pod.namespace'], 'shop');
    });

    it('calls the container that keeps a pod’s namespaces like the pod', () => {
      const annotations = {
        'io.kubernetes.cri.container-type': 'sandbox',
        'io.kubernetes.cri.sandbox-name': 'web-7d9f',
        'io.kubernetes.cri.sandbox-namespace': 'shop',
      };
      bundle('k8s.io', id, { annotations });
      const found = byShim(factsOf({ parent: shim, supervisor: words('k8s.io') }));
      assert.deepEqual(
        [found?.name, found?.pod, found?.labels['io.kubernetes.cri.container-type']],
        ['web-7d9f', 'shop/web-7d9f', 'sandbox'],
      );
    });

    it('finds Docker’s state beside what the container gets its /etc/hosts from', () => {
      const config = { Name: '/web', State: { Pid: pid }, Config: { Image: 'nginx:1.27', Labels: { 'fx.name': 'web' } } };
      const source = write(`docker/containers/${id}/config.v2.json`, config);
      bundle('moby', id, { mounts: [{ source: 'proc' }, { destination: '/etc/hosts', source: join(dirname(source), 'hosts') }] });
      const found = byShim(factsOf({ parent: shim, supervisor: words('moby'), cgroups: [`/docker/${id}`] }));
      assert.deepEqual(found, {
        ...{ engine: 'docker', id, name: 'web', image: 'nginx:1.27', labels: { 'fx.name': 'web' }, space: 'moby', ...user, source },
        ...{ group: `cgroup /docker/${id}`, complete: true, api: { engine: 'docker' } },
      });
    });

    it('does not believe a state of Docker’s that names another pid', () => {
      const source = write(`other/containers/${id}/config.v2.json`, { Name: '/db', State: { Pid: pid + 1 } });
      bundle('moby', id, { mounts: [{ source: join(dirname(source), 'hosts') }] });
      const found = byShim(factsOf({ parent: shim, supervisor: words('moby') }));
      assert.deepEqual([found?.name, found?.source, found?.complete], [id.slice(0, 12), 'containerd-shim', false]);
    });

    for (const [what, config] of [
      ['nonsense', '{"annotations":'],
      ['another shape', { annotations: ['a'] }],
      ['numbers for names', { annotations: { 'nerdctl/name': 7 } }],
    ] as const)
      it(`loses only the name to a bundle with ${what}`, () => {
        bundle('default', 'hostile', config);
        const found = byShim(factsOf({ parent: shim, supervisor: words('default', 'hostile') }));
        assert.deepEqual([found?.engine, found?.name, found?.complete], ['containerd', 'hostile', false]);
      });

    it('bounds names and labels', () => {
      const labels = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`${index}`, 'v'.repeat(5000)]));
      bundle('default', id, { annotations: { 'nerdctl/name': 'n'.repeat(100_000), ...labels } });
      const found = byShim(factsOf({ parent: shim, supervisor: words('default') }));
      assert.equal(found?.name.length, 256);
      assert.equal(Object.keys(found?.labels ?? {}).length, 64);
      assert.ok(Object.values(found?.labels ?? {}).every(value => value.length <= 1024));
    });
  });

  describe('conmon', () => {
    const conmon = asSupervisor({ name: 'conmon' });
    const words = (bundle: string) => [
      '/usr/bin/conmon',
      '--api-version',
      '1',
      '-c',
      id,
      '-u',
      id,
      '-r',
      '/usr/bin/runc',
      '-b',
      bundle,
      '-n',
      'web',
    ];

    it('gives Podman’s name, and the image from its storage', () => {
      const config = write(`storage/overlay-containers/${id}/userdata/config.json`, { annotations: { 'io.container.manager': 'libpod' } });
      write('storage/overlay-containers/containers.json', [
        { id, names: ['renamed'], metadata: JSON.stringify({ 'image-name': 'docker.io/library/nginx:latest', name: 'web' }) },
      ]);
      const found = byConmon(
        factsOf({ parent: conmon, supervisor: words(dirname(config)), cgroups: [`/machine.slice/libpod-${id}.scope`] }),
      );
      assert.deepEqual(found, {
        ...{ engine: 'podman', id, name: 'renamed', image: 'docker.io/library/nginx:latest', labels: {}, ...user, source: 'conmon' },
        ...{ group: `cgroup /machine.slice/libpod-${id}.scope`, complete: true, api: { engine: 'podman' } },
      });
    });

    // As Podman 5.4 writes them.
    const volatile = (names: readonly string[]) => ({
      id,
      names,
      image: 'cb73cbbeb8f1',
      layer: '1fed32e0245b',
      metadata: JSON.stringify({ 'image-name': 'localhost/fx:latest', 'image-id': 'cb73cbbeb8f1', name: 'vola', 'created-at': 1796113736 }),
      created: '2026-12-01T08:28:56.757672248Z',
      flags: { MountLabel: '', ProcessLabel: '', Volatile: true },
    });
    const annotations = { 'io.container.manager': 'libpod', 'org.opencontainers.image.stopSignal': '15' };

    it('gives the image of what goes when it ends, as with --rm and in quadlets', () => {
      const config = write(`rm/overlay-containers/${id}/userdata/config.json`, { annotations });
      write('rm/overlay-containers/containers.json', [{ ...volatile(['keep']), id: id.replace('0', 'f') }]);
      write('rm/overlay-containers/volatile-containers.json', [volatile(['vola'])]);
      const cgroup = `/system.slice/web.service/libpod-payload-${id}`;
      const found = byConmon(factsOf({ parent: conmon, supervisor: words(dirname(config)), cgroups: [cgroup] }));
      assert.deepEqual(found && [found.name, found.image, found.group, found.complete], [
        'vola',
        'localhost/fx:latest',
        `cgroup ${cgroup}`,
        true,
      ]);
    });

    it('has nothing more to say of a container without an image', () => {
      const config = write(`rootfs/overlay-containers/${id}/userdata/config.json`, { annotations });
      write('rootfs/overlay-containers/containers.json', [
        { id, names: ['bare'], metadata: JSON.stringify({ 'image-name': '', name: 'bare' }) },
      ]);
      const found = byConmon(factsOf({ parent: conmon, supervisor: words(dirname(config)) }));
      assert.deepEqual(found && [found.name, found.image, found.complete], ['bare', undefined, true]);
    });

    describe('that has ended', () => {
      const source = '/run/crun/x/status';
      const located = (bundle: string, labels: Record<string, string>) => ({
        of: undefined,
        state: { runtime: 'crun', id, path: source, uid, pid, start: 7, labels: { bundle, ...labels }, stamp: undefined } as const,
      });
      const cgroups = [`/machine.slice/libpod-${id}.scope/container`];

      it('leaves name and image in the storage, where the runtime’s state says it is', () => {
        const config = write(`gone/overlay-containers/${id}/userdata/config.json`, { annotations });
        write('gone/overlay-containers/volatile-containers.json', [volatile(['orphan'])]);
        assert.deepEqual(withoutConmon(factsOf({ cgroups }), located(dirname(config), annotations)), {
          ...{ engine: 'podman', id, name: 'orphan', image: 'localhost/fx:latest', labels: {}, ...user, source },
          ...{ group: `cgroup /machine.slice/libpod-${id}.scope`, complete: true, api: { engine: 'podman' } },
        });
      });

      it('leaves CRI-O’s pod in the annotations', () => {
        const crio = {
          'io.container.manager': 'cri-o',
          'io.kubernetes.container.name': 'app',
          'io.kubernetes.cri-o.ContainerType': 'container',
          'io.kubernetes.pod.name': 'web-7d9f',
          'io.kubernetes.pod.namespace': 'shop',
        };
        const config = write(`gone-crio/overlay-containers/${id}/userdata/config.json`, { annotations: crio });
        const found = withoutConmon(factsOf({}), located(dirname(config), crio));
        assert.deepEqual(found && [found.engine, found.name, found.pod], ['kubernetes', 'app', 'shop/web-7d9f']);
      });

      it('was never there for what nobody but the runtime made', () => {
        const config = write('plain/config.json', { annotations: {} });
        assert.equal(withoutConmon(factsOf({}), located(dirname(config), {})), undefined);
      });
    });

    it('gives CRI-O’s pod, image and labels', () => {
      const config = write(`crio/overlay-containers/${id}/userdata/config.json`, {
        annotations: {
          'io.container.manager': 'cri-o',
          'io.kubernetes.container.name': 'app',
          'io.kubernetes.cri-o.ContainerType': 'container',
          'io.kubernetes.cri-o.ImageName': 'quay.io/shop/app:3',
          'io.kubernetes.cri-o.Labels': '{"io.kubernetes.pod.uid":"1b2c","tier":"front"}',
          'io.kubernetes.pod.name': 'web-7d9f',
          'io.kubernetes.pod.namespace': 'shop',
        },
      });
      const found = byConmon(factsOf({ parent: conmon, supervisor: words(dirname(config)) }));
      assert.deepEqual(
        [found?.engine, found?.name, found?.pod, found?.image],
        ['kubernetes', 'app', 'shop/web-7d9f', 'quay.io/shop/app:3'],
      );
      assert.deepEqual([found?.labels['tier'], found?.source, found?.api, found?.complete], ['front', config, undefined, true]);
    });

    it('gives the name without any file', () => {
      const found = byConmon(factsOf({ parent: conmon, supervisor: words(join(folder, 'none')) }));
      assert.deepEqual([found?.name, found?.complete], ['web', false]);
    });

    it('is none of its business what is executed in a container', () => {
      assert.equal(byConmon(factsOf({ parent: conmon, supervisor: [...words('/none'), '--exec-process-spec', '/x'] })), undefined);
    });

    it('says whose Podman it is', () => {
      const found = byConmon(factsOf({ parent: { ...conmon, uid: 1000 }, supervisor: words('/none') }));
      assert.equal(found?.uid, 1000);
    });
  });

  describe('LXC', () => {
    const monitor = asSupervisor({ name: 'lxc-start', command: '[lxc monitor] /var/lib/lxc my/../path web' });

    it('is named by its monitor', () => {
      const found = byLxc(factsOf({ parent: monitor, cgroups: ['/lxc.payload.web'] }));
      assert.deepEqual([found?.engine, found?.name, found?.source, found?.group], ['lxc', 'web', 'lxc monitor', 'cgroup /lxc.payload.web']);
    });

    for (const [program, engine, path] of [
      ['incusd', 'incus', '/var/lib/incus'],
      ['lxd', 'lxd', '/var/snap/lxd/common/lxd'],
    ] as const)
      it(`is ${engine}’s where ${program} became the monitor`, () => {
        const parent = asSupervisor({ name: program, command: `[lxc monitor] ${path}/containers shop_web` });
        const found = byLxc(factsOf({ parent, cgroups: ['/lxc.payload.shop_web'] }));
        assert.deepEqual(found, {
          ...{ engine, id: 'shop_web', name: 'web', space: 'shop', labels: {}, ...user, source: 'lxc monitor' },
          ...{ group: 'cgroup /lxc.payload.shop_web', complete: true, api: { engine, supervisor: parent, address: `${path}/unix.socket` } },
        });
      });

    it('is nobody else’s, whatever the monitor is called', () => {
      const parent = { ...monitor, name: 'constructor', command: '[lxc monitor] /var/lib/lxc shop_web' };
      assert.deepEqual(byLxc(factsOf({ parent, cgroups: ['/lxc.payload.shop_web'] }))?.engine, 'lxc');
    });

    it('is named by its cgroup when the monitor is gone', () => {
      assert.deepEqual([byLxc(factsOf({ cgroups: ['/lxc.payload.web'] }))?.name, byLxc(factsOf({}))], ['web', undefined]);
    });
  });

  describe('systemd-nspawn', () => {
    const parent = asSupervisor({ name: 'systemd-nspawn' });
    for (const [words, name] of [
      [['--machine=web', '--directory=/srv/other'], 'web'],
      [['-M', 'web'], 'web'],
      [['-Mweb'], 'web'],
      [['-D', '/srv/web', '/sbin/init'], 'web'],
      [['--image=/srv/web.raw'], 'web'],
    ] as const)
      it(`goes by ${words.join(' ')}`, () => {
        assert.equal(byNspawn(factsOf({ parent, supervisor: ['systemd-nspawn', ...words], cgroups: ['/payload'] }))?.name, name);
      });

    it('goes by its cgroup, without the escapes of units', () => {
      const found = byNspawn(factsOf({ cgroups: ['/machine.slice/machine-my\\x2dweb.scope/payload'] }));
      assert.deepEqual([found?.name, found?.source], ['my-web', 'cgroup']);
    });
  });

  it('give the short id where only the cgroup is known', () => {
    const found = byCgroup(factsOf({ cgroups: [`/system.slice/docker-${id}.scope`] }));
    assert.deepEqual([found?.engine, found?.name, found?.source, found?.api?.engine], ['docker', id.slice(0, 12), 'cgroup', 'docker']);
  });
});
