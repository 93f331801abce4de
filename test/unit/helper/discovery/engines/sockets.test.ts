import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { apiSockets, listeningPaths, listeningSockets } from '../../../../../helper/discovery/engines/sockets.ts';
import { exampleProcess } from './example.ts';

/** As the kernel lists them: dockerd with containerd's, libnetwork's and its own sockets, and somebody else's. */
const text = `Num       RefCount Protocol Flags    Type St Inode Path
000000009456f502: 00000002 00000000 00010000 0001 01 2231547 /run/docker.sock
00000000dec91899: 00000002 00000000 00010000 0001 01 2231562 /run/docker/metrics.sock
00000000d3f1d95d: 00000002 00000000 00010000 0001 01 2231571 /run/docker/libnetwork/238f371bc026.sock
0000000059064199: 00000002 00000000 00010000 0001 01 2231559 /run/containerd/containerd.sock
000000001694c879: 00000002 00000000 00010000 0001 01 2231433 @/docker.sock
0000000011111111: 00000003 00000000 00000000 0001 03 2231600 /run/docker.sock
0000000022222222: 00000002 00000000 00010000 0001 01 2231700 /tmp/evil/docker.sock
0000000033333333: 00000003 00000000 00000000 0001 03 2231601
`;
const own = new Set(['2231547', '2231562', '2231571', '2231559', '2231433', '2231600', '2231601']);

describe('listeningPaths', () => {
  it('are all that this daemon listens on, by paths', () =>
    assert.deepEqual(listeningPaths(text, own), [
      '/run/docker.sock',
      '/run/docker/metrics.sock',
      '/run/docker/libnetwork/238f371bc026.sock',
      '/run/containerd/containerd.sock',
    ]));
  it('are none of a daemon that listens nowhere', () => assert.deepEqual(listeningPaths(text, new Set(['2231600'])), []));
  it('are none in nonsense', () => assert.deepEqual(listeningPaths('00010000\n\n x x x 00010000 x x 2231547', own), []));
});

describe('apiSockets', () => {
  it('are where Docker’s and Podman’s API is', () => {
    assert.deepEqual(apiSockets(listeningPaths(text, own)), ['/run/docker.sock']);
    const users = '/run/user/1000/podman/podman.sock';
    assert.deepEqual(apiSockets(['/run/podman/nv-proxy.sock', users]), [users]);
  });
});

describe('listeningSockets', () => {
  let folder = '';
  const server = createServer();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-sockets-'));
    await new Promise<void>(resolve => server.listen(join(folder, 'docker.sock'), resolve));
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are what a process has open, and nothing of one that has ended', () => {
    assert.ok(listeningSockets(process.pid)?.includes(join(folder, 'docker.sock')));
    assert.deepEqual(listeningSockets(exampleProcess().pid), []);
  });
});
