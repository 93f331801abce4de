import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Accounts } from '../../../../helper/sandbox/accounts.ts';
import { parseRanges, proposal, rangesOf } from '../../../../helper/sandbox/subordinate-ids.ts';

const accounts: Accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\ndev:x:1000:100::/home/dev:/bin/sh\nann:x:1001:100::/home/ann:/bin/sh\n',
  group: 'root:x:0:\n',
  // What useradd(8) gives to the first user of a machine.
  subuid: 'dev:100000:65536\n',
  subgid: 'dev:100000:65536\n',
  loginDefs: '',
  hasUsermod: true,
  firstTenant: 1_000_000,
};
const forAnn = (changes: Partial<Accounts> = {}): string => proposal({ ...accounts, ...changes }, 1001);
const usermod = (uids: string, gids = uids): string => `Add one as root with usermod --add-subuids ${uids} --add-subgids ${gids} ann`;

describe('parseRanges', () => {
  it('reads owners by name and by number', () => {
    assert.deepEqual(parseRanges('dev:100000:65536\n1001:165536:65536\n'), [
      { owner: 'dev', first: 100_000, count: 65_536 },
      { owner: '1001', first: 165_536, count: 65_536 },
    ]);
  });

  it('drops every line that is no range', () => {
    const lines = ['', '# dev:1:1', 'dev', 'dev:1', 'dev:x:1', 'dev:1:-1', 'dev:0x10:1', ':1:1'];
    assert.deepEqual(
      parseRanges(lines.join('\n')).filter(({ owner }) => !owner.startsWith('#')),
      [],
    );
  });
});

describe('rangesOf', () => {
  it('finds those of a user by name and by number', () => {
    const subgid = '1000:200000:65536\nann:300000:1\ndev:400000:5\n';
    assert.deepEqual(
      rangesOf({ ...accounts, subgid }, 'gid', 1000).map(({ first }) => first),
      [200_000, 400_000],
    );
  });
});

describe('proposal', () => {
  it('leaves the range of the first user to that one', () => assert.equal(forAnn(), usermod('165536-231071')));

  it('takes the lowest ids that are of no range, in whatever order the file has them', () => {
    const subuid = 'c:231072:65536\na:100000:10\nnone:120000:0\nb:165535:1\n';
    assert.equal(forAnn({ subuid }), usermod('165536-231071'));
    assert.equal(forAnn({ subuid: 'b:165546:9\na:100000:10\n' }), usermod('100010-165545', '165536-231071'));
  });

  it('takes none in which an account is', () => {
    const passwd = `${accounts.passwd}far:x:165540:100::/:/bin/sh\n`;
    assert.equal(forAnn({ passwd }), usermod('165541-231076', '165536-231071'));
    assert.equal(forAnn({ group: 'far:x:231071:\n' }), usermod('165536-231071', '231072-296607'));
  });

  it('keeps to what login.defs says of users and of groups', () => {
    const loginDefs = '#SUB_UID_MIN 5\nSUB_UID_MIN\t\t 500000\nSUB_UID_COUNT 1000\nSUB_GID_MIN 600000\nSUB_GID_COUNT 0\n';
    assert.equal(forAnn({ loginDefs }), usermod('500000-500999', '600000-665535'));
  });

  it('says when there is no room, up to the last id', () => {
    const most = (max: number): string => `SUB_UID_MAX ${max}\nSUB_GID_MAX ${max}\n`;
    assert.equal(forAnn({ loginDefs: most(231_071) }), usermod('165536-231071'));
    assert.equal(
      forAnn({ loginDefs: most(231_070) }),
      'Every range that /etc/login.defs leaves for it is taken: widen SUB_UID_MAX and SUB_GID_MAX there',
    );
  });

  it('adds only what is lacking', () => {
    assert.equal(forAnn({ subuid: 'ann:100000:65536\n' }), 'Add one as root with usermod --add-subgids 165536-231071 ann');
  });

  it('names the lines where usermod would refuse', () => {
    const lines = 'Add as root the line 1001:165536:65536 to /etc/subuid and the line 1001:165536:65536 to /etc/subgid';
    assert.equal(forAnn({ hasUsermod: false }), lines);
    // A user of a directory service: usermod(8) knows only those of /etc/passwd.
    assert.equal(forAnn({ passwd: '' }), lines);
  });
});
