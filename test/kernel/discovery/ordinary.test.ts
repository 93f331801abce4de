// A helper without rights shows what it may see, and says what it may not.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { protocolVersion } from '../../../helper/protocol/methods.ts';
import { namespaceTypes, type Snapshot } from '../../../helper/protocol/model.ts';
import { eventually } from '../../support/eventually.ts';
import { findIn, keyOf } from '../support/discovery.ts';
import { Keepers } from '../support/makers/keeper.ts';
import { OrdinaryHelper, ordinaryUser } from '../support/ordinary-helper.ts';

/** Each says of what it speaks, and why. */
function requireHonesty({ gaps }: Snapshot): void {
  assert.notDeepEqual(gaps, []);
  for (const { subject, reason } of gaps) assert.ok(subject !== '' && reason !== '', JSON.stringify({ subject, reason }));
}

describe('a helper without rights', () => {
  const keepers = new Keepers();
  const helper = new OrdinaryHelper();
  before(() => helper.start());
  afterEach(() => keepers.stop());
  after(() => helper.stop());

  it('says that it has none', async () => {
    const hello = await helper.call('helper/hello', { protocol: protocolVersion });
    assert.equal(hello.privileged, false);
  });

  it('shows the namespaces of its own user’s processes whole', async () => {
    const keeper = await keepers.start();
    await keeper.do('become', ordinaryUser);
    await keeper.do('unshare', 'user', 'uts');
    const [user, uts] = [keyOf(keeper.pid, 'user'), keyOf(keeper.pid, 'uts')];
    const seen = await eventually('the process', async () => {
      const snapshot = await helper.call('namespaces/snapshot', {});
      return findIn(snapshot, uts) && snapshot;
    });
    const own = seen.processes.find(each => each.pid === helper.pid);
    assert.deepEqual(Object.keys(own?.namespaces ?? {}).sort(), [...namespaceTypes].sort());
    assert.equal(findIn(seen, uts)?.holders.processes, 1);
    assert.equal(findIn(seen, uts)?.owner, user.inode);
    assert.deepEqual([findIn(seen, user)?.ownerUid, findIn(seen, user)?.holders.oldest], [ordinaryUser, keeper.pid]);
  });

  it('lists processes whose namespaces it may not see, without any, and says so', async () => {
    const keeper = await keepers.start('of root');
    await keeper.do('unshare', 'uts');
    const seen = await eventually('the process', async () => {
      const snapshot = await helper.call('namespaces/snapshot', {});
      return snapshot.processes.some(each => each.pid === keeper.pid) && snapshot;
    });
    const found = seen.processes.find(each => each.pid === keeper.pid);
    assert.deepEqual([found?.namespaces, found?.command, found?.uid], [{}, 'of root', 0]);
    assert.equal(findIn(seen, keyOf(keeper.pid, 'uts')), undefined);
    requireHonesty(seen);
  });

  it('goes on, whatever it is asked of what it may not see', async () => {
    const keeper = await keepers.start();
    await keeper.do('unshare', 'net');
    const net = keyOf(keeper.pid, 'net');
    await assert.rejects(helper.call('namespaces/inspect', net), /"kind":\s*"(gone|denied)"/);
    const report = await helper.call('namespaces/refresh', {});
    assert.ok(report.processes > 0);
    requireHonesty(await helper.call('namespaces/snapshot', {}));
  });
});

describe('a helper without rights whose /proc hides other users', () => {
  const helper = new OrdinaryHelper();
  before(() => helper.start('mount -t proc -o hidepid=2 proc /proc'));
  after(() => helper.stop());

  it('shows its own user’s processes, and says that it does not see all', async () => {
    const snapshot = await helper.call('namespaces/snapshot', {});
    assert.ok(snapshot.processes.some(each => each.pid === helper.pid));
    assert.deepEqual(
      snapshot.processes.filter(each => each.uid !== ordinaryUser),
      [],
    );
    requireHonesty(snapshot);
    assert.ok(
      snapshot.gaps.some(({ subject, reason }) => `${subject} ${reason}`.includes('hidepid')),
      JSON.stringify(snapshot.gaps),
    );
  });
});
