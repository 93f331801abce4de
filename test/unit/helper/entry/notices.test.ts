import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noticesFor } from '../../../../helper/entry/notices.ts';
import { Entered } from '../../../../helper/entry/target.ts';
import { namespaceTypes } from '../../../../helper/protocol/model.ts';

function target(status?: string): Entered {
  const entered = new Entered('web');
  entered.status = status;
  return entered;
}

const confined = 'Name:\tnginx\nNoNewPrivs:\t1\nSeccomp:\t2\nCapEff:\t0000000000000000\n';
const free = 'Name:\tnginx\nNoNewPrivs:\t0\nSeccomp:\t0\nCapEff:\tffffffffffffffff\n';

describe('noticesFor', () => {
  it('says nothing when all eight namespaces are joined', () => assert.deepEqual(noticesFor(target(free), namespaceTypes, 41), []));

  it('says which namespaces stay the host’s', () => {
    assert.deepEqual(noticesFor(target(free), ['net', 'mnt', 'pid', 'uts', 'ipc'], 41), [
      "net mnt pid uts ipc of web; user, cgroup and time are the host's",
    ]);
    assert.deepEqual(noticesFor(target(free), namespaceTypes.slice(0, -1), 41), [
      "net mnt pid user uts ipc cgroup of web; time is the host's",
    ]);
    assert.deepEqual(noticesFor(target(free), [], 41), ['web shares all namespaces with the host']);
  });

  it('says what the shell can do that the process beside it cannot', () => {
    // Over its own user namespace it has all capabilities anyway.
    assert.deepEqual(noticesFor(target(confined), namespaceTypes, 41), ['this shell can do more than nginx: no seccomp filter']);
    assert.equal(
      noticesFor(target(confined), ['net'], 3).at(-1),
      'this shell can do more than nginx: no seccomp filter, 3 capabilities (it has 0)',
    );
  });
});
