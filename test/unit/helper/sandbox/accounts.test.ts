import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accountName, entriesOf, readAccounts } from '../../../../helper/sandbox/accounts.ts';

describe('accounts', () => {
  it('are those of this machine', () => {
    const accounts = readAccounts();
    assert.equal(accountName(0, accounts), 'root');
    assert.match(accounts.group, /^root:/m);
    assert.equal(accounts.firstTenant, 1_000_000);
    assert.equal(readAccounts(7).firstTenant, 7);
  });

  it('are called by their number where they have no name here', () => {
    assert.equal(accountName(61_234, readAccounts()), '61234');
  });

  it('are read from passwd and from group', () => {
    assert.deepEqual(entriesOf('dev:x:1000:100::/home/dev:/bin/sh\nstaff:x:50:dev\n+nis\n:x:1:\nhalf:x:\n'), [
      { name: 'dev', id: 1000 },
      { name: 'staff', id: 50 },
    ]);
  });
});
