// See and enter: what runs in each engine of this machine is found by its name, and a command in it is as its process.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import type { Container } from '../../../helper/protocol/model.ts';
import { expectedBeside, factsOf, isAsleep } from '../../kernel/entry/support/facts.ts';
import { lsns } from '../../kernel/support/namespaces.ts';
import { eventually } from '../../support/eventually.ts';
import { processes } from '../../support/processes.ts';
import { inRepository } from '../../support/repository.ts';
import { burrow, call, run, stopHelper, type } from './burrow.ts';

interface Kind {
  /** Of engines.sh. */
  readonly name: string;
  readonly shown: Partial<Container>;
  /** The part of engines.sh that starts it, where another has not done so. */
  readonly start?: string;
}

const image = 'localhost/fx:latest';
const kinds: readonly Kind[] = [
  { name: 'docker', start: 'docker', shown: { engine: 'docker', name: 'story-docker', image } },
  { name: 'docker_less', shown: { engine: 'docker', name: 'story-docker-less', image } },
  { name: 'podman', start: 'podman', shown: { engine: 'podman', name: 'story-podman', image } },
  { name: 'podman_rm', shown: { engine: 'podman', name: 'story-podman-rm', image } },
  { name: 'rootless', start: 'rootless', shown: { engine: 'podman', name: 'story-rootless', uid: 1000 } },
  { name: 'nspawn', start: 'nspawn', shown: { name: 'story-nspawn' } },
  { name: 'lxc', start: 'lxc', shown: { engine: 'lxc', name: 'story-lxc' } },
  { name: 'runc', start: 'runc', shown: { engine: 'runc', name: 'story-runc' } },
  { name: 'crun', start: 'crun', shown: { engine: 'crun', name: 'story-crun' } },
  { name: 'service', start: 'service', shown: { engine: 'systemd', name: 'story-private.service' } },
  { name: 'userservice', start: 'userservice', shown: { engine: 'systemd', name: 'story-user.service', uid: 1000 } },
];

const engines = (...words: readonly string[]): string => run(inRepository('test/vm/story/engines.sh'), ...words);

let commands = 0;

/** A command in a container, while it runs. */
async function inside(container: string, look: (pid: number) => void): Promise<void> {
  // Nobody who is known here is its parent: nothing else sleeps as long as this one.
  const command = ['sleep', `${40_000 + ++commands}`];
  const client = spawn(burrow, ['exec', `container:${container}`, '--', ...command], { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    const pid = await eventually(`the command in ${container}`, () => {
      if (client.exitCode !== null) throw new Error(`burrow exec ended with ${client.exitCode}`);
      const found = processes().find(each => each.command === command.join(' '));
      return found && isAsleep(found.pid) && found.pid;
    });
    look(pid);
  } finally {
    client.kill();
  }
}

describe('the engines of this machine', () => {
  before(() => run(burrow, 'serve', '--detach'));
  after(stopHelper);

  for (const { name, shown, start } of kinds)
    describe(name, () => {
      let pid = 0;
      before(async () => {
        if (start !== undefined) engines('start', start);
        pid = await eventually(`the process of ${name}`, () => Number(engines('pid', name)) || undefined, 30);
      });

      it('is shown by its name, its engine and its image', async () => {
        const found = await eventually(`pid ${pid} among the containers`, async () => {
          const { containers } = await call('namespaces/snapshot', {});
          return containers.find(each => each.pid === pid && each.name === shown.name);
        });
        assert.deepEqual({ ...found, ...shown }, found);
      });

      it('has a command in its place that is as its process', async () => {
        const expected = expectedBeside(pid);
        await inside(shown.name ?? '', command => assert.deepEqual(factsOf(command), expected));
      });

      it('gives back how a command in it ended', () => {
        const { status, stderr } = type('exec', `container:${shown.name}`, '--', 'sh', '-c', 'exit 37');
        assert.equal(status, 37, stderr);
      });
    });

  it('nothing is there that could not be read', async () => {
    assert.deepEqual((await call('namespaces/snapshot', {})).gaps, []);
  });

  it('no namespace is missed that lsns finds', async () => {
    const missed = await eventually('the namespaces of lsns', async () => {
      const { namespaces } = await call('namespaces/refresh', {}).then(() => call('namespaces/snapshot', {}));
      const seen = new Set(namespaces.map(each => `${each.type} ${each.inode}`));
      const others = lsns().filter(each => !seen.has(`${each.type} ${each.ns}`));
      return others.length === 0 ? [] : undefined;
    });
    assert.deepEqual(missed, []);
  });
});
