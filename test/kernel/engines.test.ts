// The container of every engine, started for real while the helper runs, is listed by what people call it.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Container } from '../../helper/protocol/model.ts';
import { eventually } from '../support/eventually.ts';
import { Fixture, type FixtureName, Missing, mustRun } from '../support/fixture.ts';
import { Machine } from './support/machine.ts';

const FX_ROOT = `/tmp/burrow-kernel-engines-${process.pid}`;
const IMAGE = 'localhost/fx:latest';
const nameOf = (fixture: string) => `kernel-${fixture}-${process.pid}`;

/** An engine that a busy machine holds up is left alone for half a minute, and asked again a minute later. */
const ANSWER_SECONDS = 150;

interface Case {
  readonly fixture: FixtureName;
  /** What is known of it, besides its pid. */
  readonly is: (name: string) => Partial<Container>;
  readonly labels: (name: string) => Readonly<Record<string, string>>;
  readonly source: RegExp;
}

const named = (name: string) => ({ 'fx.name': name });
const unlabelled = () => ({});
const cases: Readonly<Record<string, Case>> = {
  runc: { fixture: 'runc', is: name => ({ engine: 'runc', id: name, name }), labels: named, source: /^\/run\/runc\/.+\/state\.json$/ },
  crun: { fixture: 'crun', is: name => ({ engine: 'crun', id: name, name }), labels: named, source: /^\/run\/crun\/.+\/status$/ },
  docker: {
    fixture: 'docker',
    is: name => ({ engine: 'docker', name, image: IMAGE, space: 'moby' }),
    labels: named,
    source: /^docker API$/,
  },
  containerd: {
    fixture: 'containerd',
    is: name => ({ engine: 'containerd', id: name, name, image: IMAGE, space: 'fx' }),
    labels: named,
    source: /^containerd API$/,
  },
  'a Kubernetes pod': {
    fixture: 'cri',
    is: name => ({ engine: 'kubernetes', name, image: IMAGE, pod: `burrow/${name}-pod`, space: 'k8s.io' }),
    labels: name => ({ 'fx.name': name, 'io.kubernetes.pod.name': `${name}-pod`, 'io.kubernetes.container.name': name }),
    source: /^containerd API$/,
  },
  podman: { fixture: 'podman', is: name => ({ engine: 'podman', name, image: IMAGE }), labels: unlabelled, source: /^conmon$/ },
  'a user’s podman': {
    fixture: 'podman-rootless',
    is: name => ({ engine: 'podman', name, image: IMAGE, uid: 61_000 }),
    labels: unlabelled,
    source: /^conmon$/,
  },
  lxc: { fixture: 'lxc', is: name => ({ engine: 'lxc', id: name, name }), labels: unlabelled, source: /^lxc monitor$/ },
  'systemd-nspawn': {
    fixture: 'nspawn',
    is: name => ({ engine: 'nspawn', id: name, name }),
    labels: unlabelled,
    source: /^systemd-nspawn$/,
  },
  'Docker in a container': {
    fixture: 'nested',
    is: name => ({ engine: 'docker', name, image: IMAGE, within: `${name}-outer` }),
    labels: named,
    source: /^docker API$/,
  },
};

describe('engines', () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.start();
  });
  after(async () => {
    await machine.stop();
    rmSync(FX_ROOT, { recursive: true, force: true });
  });

  const listed = async (pid: number) => {
    const { containers } = await machine.call('namespaces/snapshot', {});
    return containers.find(each => each.pid === pid);
  };
  /** Starts it, and stops it when `work` has ended; skips where it is not installed. */
  async function withContainer(fixture: Fixture, skip: (why: string) => void, work: (pid: number) => Promise<void>): Promise<void> {
    try {
      await work(fixture.start());
    } catch (error) {
      if (mustRun || !(error instanceof Missing)) throw error;
      skip(error.message);
      return;
    } finally {
      fixture.stop();
    }
  }

  for (const [what, { fixture: name, is, labels, source }] of Object.entries(cases))
    it(`names ${what}, and no more once it is gone`, async context => {
      const label = nameOf(name);
      const fixture = new Fixture(name, { FX_ROOT, FX_NAME: label });
      let init = 0;
      await withContainer(fixture, context.skip.bind(context), async pid => {
        init = pid;
        const found = await eventually(
          `${what} by its engine`,
          async () => {
            const container = await listed(pid);
            return container && source.test(container.source) ? container : undefined;
          },
          ANSWER_SECONDS,
        );
        for (const [key, value] of Object.entries(is(label))) assert.equal(found[key as keyof Container], value, key);
        for (const [key, value] of Object.entries(labels(label))) assert.equal(found.labels[key], value, key);
      });
      assert.equal(await listed(init), undefined);
    });

  it('lists the container that keeps a pod’s namespaces as the pod', async context => {
    const label = nameOf('cri');
    const fixture = new Fixture('cri', { FX_ROOT, FX_NAME: label });
    await withContainer(fixture, context.skip.bind(context), async () => {
      const keeper = fixture.pid('sandbox');
      const found = await eventually('the pod', () => listed(keeper), ANSWER_SECONDS);
      assert.deepEqual([found.engine, found.name, found.pod], ['kubernetes', `${label}-pod`, `burrow/${label}-pod`]);
      assert.equal(found.labels['io.kubernetes.cri.container-type'], 'sandbox');
    });
  });

  it('lists a container of a container’s engine beside the one that it is in', async context => {
    const fixture = new Fixture('nested', { FX_ROOT, FX_NAME: nameOf('nested') });
    await withContainer(fixture, context.skip.bind(context), async pid => {
      await eventually('the inner container', () => listed(pid), ANSWER_SECONDS);
      const outer = await listed(fixture.pid('outer'));
      assert.deepEqual([outer?.engine, outer?.name, outer?.within], ['runc', `${nameOf('nested')}-outer`, undefined]);
    });
  });
});
