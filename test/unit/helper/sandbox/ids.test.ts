import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Accounts } from '../../../../helper/sandbox/accounts.ts';
import { idsFor } from '../../../../helper/sandbox/ids.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

const accounts: Accounts = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\ndev:x:1000:100::/home/dev:/bin/sh\nfar:x:1100000:100::/:/bin/sh\n',
  group: '',
  subuid: 'dev:100000:65536\nroot:300000:10\n',
  subgid: '1000:200000:65536\ndev:400000:5\n',
  loginDefs: '',
  hasUsermod: true,
  firstTenant: 1_000_000,
};
const map = (...lines: readonly (readonly [number, number, number])[]) =>
  lines.map(([inside, outside, count]) => ({ inside, outside, count }));
const ofDev = (users: Parameters<typeof idsFor>[0], changes: Partial<Accounts> = {}) =>
  idsFor(users, 1000, 100, { ...accounts, ...changes });

describe('idsFor', () => {
  it('root: maps the caller to root and nobody else', () =>
    assert.deepEqual(ofDev('root'), { uids: map([0, 1000, 1]), gids: map([0, 100, 1]) }));

  it('same: maps the caller to itself and nobody else', () =>
    assert.deepEqual(ofDev('same'), { uids: map([1000, 1000, 1]), gids: map([100, 100, 1]) }));

  it('auto: adds all ranges of the caller, by name and by number, one after the other', () =>
    assert.deepEqual(ofDev('auto'), {
      uids: map([0, 1000, 1], [1, 100_000, 65_536]),
      gids: map([0, 100, 1], [1, 200_000, 65_536], [65_537, 400_000, 5]),
    }));

  it('auto: refuses who has no range, and says how to get one', () => {
    const lines = 'Add as root the line 1001:165536:65536 to /etc/subuid and the line 1001:100000:65536 to /etc/subgid';
    assert.throws(
      () => idsFor('auto', 1001, 100, accounts),
      new Refusal('unsupported', '"users": "auto" needs a range of ids, but /etc/subuid gives 1001 none.', {
        subject: '/etc/subuid',
        hint: `${lines}, or use "users": "root".`,
      }),
    );
    assert.throws(
      () => ofDev('auto', { subgid: '' }),
      new Refusal('unsupported', '"users": "auto" needs a range of ids, but /etc/subgid gives dev none.', {
        subject: '/etc/subgid',
        hint: 'Add one as root with usermod --add-subgids 100000-165535 dev, or use "users": "root".',
      }),
    );
  });
});

describe('idsFor explicit maps', () => {
  const explicit = (uid: ReturnType<typeof map>, gid = map([0, 100, 1])) => ofDev({ uid, gid });

  it('takes the caller’s own ids and any part of its ranges', () => {
    const uid = map([0, 1000, 1], [1, 100_000, 1], [2, 165_535, 1], [3, 100_001, 65_534]);
    const gid = map([0, 100, 1], [1, 400_000, 5]);
    assert.deepEqual(ofDev({ uid, gid }), { uids: uid, gids: gid });
  });

  const refused = [
    [map([0, 0, 1]), 'users.uid[0]: 0 is not yours; /etc/subuid gives you 100000–165535.'],
    [map([0, 1000, 2]), 'users.uid[0]: 1000–1001 are not yours; /etc/subuid gives you 100000–165535.'],
    [map([0, 1000, 1], [1, 99_999, 2]), 'users.uid[1]: 99999–100000 are not yours; /etc/subuid gives you 100000–165535.'],
    [map([0, 165_535, 2]), 'users.uid[0]: 165535–165536 are not yours; /etc/subuid gives you 100000–165535.'],
    // That of root.
    [map([0, 300_000, 1]), 'users.uid[0]: 300000 is not yours; /etc/subuid gives you 100000–165535.'],
  ] as const;
  for (const [uid, message] of refused)
    it(message, () => assert.throws(() => explicit(uid), new Refusal('denied', message, { subject: '/etc/subuid' })));

  it('looks at groups too, of which another user’s id is none', () => {
    const message = 'users.gid[0]: 1000 is not yours; /etc/subgid gives you 200000–265535, 400000–400004.';
    assert.throws(() => explicit(map([0, 1000, 1]), map([0, 1000, 1])), new Refusal('denied', message, { subject: '/etc/subgid' }));
  });

  it('says when there is no range at all', () =>
    assert.throws(
      () => ofDev({ uid: map([0, 5, 1]), gid: map([0, 100, 1]) }, { subuid: '' }),
      new Refusal('denied', 'users.uid[0]: 5 is not yours; /etc/subuid gives you no range.', { subject: '/etc/subuid' }),
    ));

  it('lets root have any', () => {
    const any = map([0, 0, 4_294_967_295]);
    assert.deepEqual(idsFor({ uid: any, gid: any }, 0, 0, accounts), { uids: any, gids: any });
  });
});

describe('idsFor tenants', () => {
  it('gives each a block of its own', () => {
    const block = map([0, 1_000_000 + 7 * 65_536, 65_536]);
    assert.deepEqual(ofDev({ tenant: 7 }), { uids: block, gids: block });
    assert.equal(ofDev({ tenant: 0 }, { firstTenant: 2_000_000 }).uids[0]?.outside, 2_000_000);
  });

  const hint = 'Take another tenant, or start the helper with --first-tenant ID.';
  const taken = (tenant: number, message: string, changes: Partial<Accounts> = {}): void =>
    assert.throws(() => ofDev({ tenant }, changes), new Refusal('taken', message, { subject: String(tenant), hint }));

  it('refuses a block that an account is in', () => taken(1, 'The ids of tenant 1, 1065536–1131071, overlap the user far.'));

  it('refuses a block that overlaps a range of users or of groups, by a single id too', () => {
    taken(0, 'The ids of tenant 0, 1000000–1065535, overlap the range of x.', { subuid: 'x:999999:2' });
    taken(0, 'The ids of tenant 0, 1000000–1065535, overlap the range of y.', { subgid: 'y:1065535:1' });
    for (const range of ['x:999999:1', 'x:1065536:9', 'x:1000000:0'])
      assert.ok(ofDev({ tenant: 0 }, { subuid: range, subgid: range, passwd: '' }), range);
  });

  it('refuses a block beyond the highest id', () =>
    assert.throws(
      () => ofDev({ tenant: 65_534 }),
      new Refusal('invalid', 'Tenant 65534 would reach beyond the highest id: 4295901759.', { subject: '65534' }),
    ));
});
