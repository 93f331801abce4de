import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { advice, announcement, needsOn, packagesOf } from '../../support/needs.mjs';

const need = (fact: string, debian: string, ...users: Parameters<typeof announcement>[1]) => ({ fact, command: [fact], debian, users });
const cc = need('cc', 'gcc, libc6-dev', 'build');
const runc = need('runc', 'runc', 'kernel', 'e2e');
const dockerd = need('dockerd', 'docker.io', 'kernel');
const docker = need('docker', 'docker-cli | docker.io', 'kernel');
const ctr = need('ctr', 'containerd', 'kernel', 'bench');
const containerd = need('containerd', 'containerd', 'kernel');

describe('what is installed', () => {
  it('is each package once', () =>
    assert.deepEqual(packagesOf([cc, ctr, containerd, docker]), ['gcc', 'libc6-dev', 'containerd', 'docker-cli | docker.io']));

  it('is announced with the layers of this run that want it', () => {
    const said = 'Installing gcc, libc6-dev (for build); runc (for kernel, e2e); docker.io, containerd (for kernel)';
    assert.equal(announcement([cc, runc, dockerd, ctr, containerd], ['build', 'kernel', 'package', 'e2e']), said);
  });

  it('is advised as one command', () => {
    const command = "apt-get satisfy --no-install-recommends 'runc, docker-cli | docker.io'";
    assert.equal(advice([runc, docker], 'sudo '), `This machine lacks runc, docker. On Debian: sudo ${command}`);
    assert.equal(advice([runc, docker], ''), `This machine lacks runc, docker. On Debian: ${command}`);
  });
});

describe('the table of needs', () => {
  for (const architecture of ['x64', 'arm64'] as const) {
    const needs = needsOn(architecture);

    it(`of ${architecture} names each fact once, a user for each, and packages that apt-get can read`, () => {
      assert.deepEqual(
        needs.map(({ fact }) => fact),
        [...new Set(needs.map(({ fact }) => fact))],
      );
      for (const { fact, users } of needs) assert.ok(users.length > 0, fact);
      for (const name of packagesOf(needs)) assert.match(name, /^[a-z0-9][a-z0-9.+-]+( \| [a-z0-9][a-z0-9.+-]+)?$/);
    });
  }

  it('has the compiler of the other architecture, with headers', () => {
    const compilers = (['x64', 'arm64'] as const).map(here => needsOn(here).find(({ users }) => users.includes('package'))?.fact);
    assert.deepEqual(compilers, ['aarch64-linux-gnu-gcc with <asm/unistd.h>', 'x86_64-linux-gnu-gcc with <asm/unistd.h>']);
  });
});
