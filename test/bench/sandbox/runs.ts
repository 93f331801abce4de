// A command that is run to its end in a sandbox of its own, for root and for who sits at an editor.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '../../support/repository.ts';
import { type Competitor, hold, timed } from '../measure.ts';
import type { Subject } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { scratch } from './scratch.ts';
import { bwrap, withDocker } from './throw-away.ts';

const ROUNDS = 50;
const DOCKER_ROUNDS = 10;
/** Nobody's on any machine. */
export const ORDINARY_UID = 61_001;

const what = 'run true without a network, and report';

export async function runs({ helper, socket }: Subject): Promise<Row[]> {
  const client = fork(inRepository('out/test/bench/sandbox/ordinary-client.js'), [socket], { uid: ORDINARY_UID, gid: ORDINARY_UID });
  try {
    await once(client, 'message');
    const ordinary: Competitor = {
      onceMs: async () => {
        client.send('once');
        const [tookMs] = await once(client, 'message');
        return Number(tookMs);
      },
    };
    const asUser = await hold(ROUNDS, { burrow: ordinary, bwrap: bwrap(ORDINARY_UID, '/bin/true') });
    const root = timed(() => helper.request('sandbox/run', { definition: scratch }));
    const asRoot = await hold(ROUNDS, { burrow: root, bwrap: bwrap(undefined, '/bin/true') });
    const beside = await withDocker(DOCKER_ROUNDS, ['/bin/true'], async docker => docker && (await hold(ROUNDS, { burrow: root, docker })));
    return [
      compared(`${what}, for an ordinary user`, asUser.burrow, 'bwrap --unshare-all', asUser.bwrap, 1),
      compared(`${what}, for root`, asRoot.burrow, 'bwrap --unshare-all', asRoot.bwrap, 1),
      ...(beside ? [compared(`${what}, for root`, beside.burrow, 'docker run', beside.docker, 0.2)] : []),
    ];
  } finally {
    client.kill();
  }
}
