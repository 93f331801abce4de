import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listeningPaths } from '../../../../../helper/discovery/engines/sockets.ts';

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
  it('are where this daemon’s API is', () => assert.deepEqual(listeningPaths(text, own), ['/run/docker.sock']));
  it('are none of a daemon that listens nowhere', () => assert.deepEqual(listeningPaths(text, new Set(['2231600'])), []));
  it('are none in nonsense', () => assert.deepEqual(listeningPaths('00010000\n\n x x x 00010000 x x 2231547', own), []));
});
