// Whom a sandbox knows, and who they are outside: user_namespaces(7).
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { whoMakes } from '../support/callers.ts';
import { range, setClient } from '../support/client.ts';
import { inodeOf, parentOfUser } from '../support/namespaces.ts';

type Users = NonNullable<DefinitionInput['users']>;
type Line = readonly [inside: number, outside: number, count: number];

/** Where the blocks of tenants begin when nobody says otherwise. */
const blockOf = (tenant: number): number => 1_000_000 + tenant * 65_536;

/** What the maps must hold, and what setgroups says. */
const kinds = (uid: number): readonly { users: Users; map: readonly Line[]; setgroups: 'allow' | 'deny' }[] => [
  { users: 'root', map: [[0, uid, 1]], setgroups: 'deny' },
  { users: 'same', map: [[uid, uid, 1]], setgroups: 'deny' },
  {
    users: 'auto',
    map: [
      [0, uid, 1],
      [1, range.first, range.count],
    ],
    setgroups: 'allow',
  },
  {
    users: {
      uid: [
        { inside: 5, outside: uid },
        { inside: 0, outside: range.first + 7, count: 3 },
      ],
      gid: [
        { inside: 5, outside: uid },
        { inside: 0, outside: range.first + 7, count: 3 },
      ],
    },
    map: [
      [5, uid, 1],
      [0, range.first + 7, 3],
    ],
    setgroups: 'allow',
  },
];

const parse = (text: string): number[][] =>
  text
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number));

for (const maker of whoMakes)
  describe(`users, for ${maker.who}`, () => {
    const client = setClient(maker);
    const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');

    for (const { users, map, setgroups } of kinds(maker.uid)) {
      const what = typeof users === 'string' ? users : 'explicit maps';
      it(`${what}: are mapped as written, and setgroups is ${setgroups}`, async () => {
        const { id, pid } = await client.create({ name: 'web', users });
        for (const file of ['uid_map', 'gid_map']) assert.deepEqual(parse(read(pid, file)), map, file);
        assert.equal(read(pid, 'setgroups'), `${setgroups}\n`);
        const [first = 0] = map.map(([inside]) => inside).filter(each => each === 0 || map.every(([other]) => other !== 0));
        assert.equal(await client.inside(id, 'id -u; id -g; id -G'), `${first}\n${first}\n${first}\n`);
      });

      it(`${what}: a file made inside belongs outside to who made it`, async () => {
        const shared = `${client.folder}/shared`;
        mkdirSync(shared);
        chmodSync(shared, 0o777);
        try {
          const { id } = await client.create({
            name: 'web',
            users,
            mounts: [{ type: 'bind', source: shared, path: '/mnt', readonly: false }],
          });
          for (const [inside, outside, count] of map) {
            for (const offset of new Set([0, count - 1])) {
              const name = `by-${inside + offset}`;
              assert.equal(await client.inside(id, `touch /mnt/${name}`, `${inside + offset}:${inside + offset}`), '');
              const { uid, gid } = statSync(`${shared}/${name}`);
              assert.deepEqual([uid, gid], [outside + offset, outside + offset], name);
            }
          }
        } finally {
          rmSync(shared, { recursive: true });
        }
      });

      it(`${what}: what belongs to nobody that is mapped is not theirs, also for root inside`, async () => {
        const foreign = `${client.folder}/foreign`;
        mkdirSync(foreign);
        writeFileSync(`${foreign}/file`, 'kept\n', { mode: 0o644 });
        // In nobody's range, and nobody's who makes it.
        for (const path of [foreign, `${foreign}/file`]) chownSync(path, 250_000, 250_000);
        try {
          const { id } = await client.create({
            name: 'web',
            users,
            mounts: [{ type: 'bind', source: foreign, path: '/mnt', readonly: false }],
          });
          assert.equal(await client.inside(id, 'stat --format="%u %g" /mnt/file; cat /mnt/file'), '65534 65534\nkept\n');
          const tries = ['echo x >> /mnt/file', 'rm -f /mnt/file', 'touch /mnt/new', 'chmod 666 /mnt/file', 'chown 0 /mnt/file'];
          for (const attempt of tries)
            assert.match(await client.inside(id, attempt), /Permission denied|Operation not permitted|Invalid argument/, attempt);
          assert.equal(readFileSync(`${foreign}/file`, 'utf8'), 'kept\n');
        } finally {
          rmSync(foreign, { recursive: true });
        }
      });

      it(`${what}: an id that is not mapped is no user of it`, async () => {
        await client.create({ name: 'web', users });
        const failure = await client.failure('process/run', { target: { sandbox: 'web' }, command: ['true'], user: '4000000:4000000' });
        assert.equal(failure.kind, 'invalid');
        assert.match(failure.message, /^web has no user 4000000: its user namespace maps /);
      });
    }

    it('user: commands run as whom the definition names, inside its own maps', async () => {
      await client.create({ name: 'web', users: 'auto', user: '1000:1001' });
      assert.equal(
        await client.inside('web', 'id -u; id -g; id -G; grep CapEff /proc/self/status'),
        '1000\n1001\n1001\nCapEff:\t0000000000000000\n',
      );
      const report = await client.run({ name: 'run', users: 'auto', user: '33', command: ['id', '-u'] });
      assert.deepEqual([report.stdout, report.exitCode], ['33\n', 0]);
      const failure = await client.refused({ name: 'no', network: 'none', users: 'root', user: '33' });
      assert.deepEqual([failure.kind, failure.message], ['invalid', 'no has no user 33: its user namespace maps 0.']);
    });

    if (maker.uid !== 0)
      it('ids that are not the caller’s are refused with their place, and nothing is made', async () => {
        const own = { inside: 0, outside: maker.uid };
        const last = range.first + range.count - 1;
        const theirs = `/etc/subuid gives you ${range.first}–${last}.`;
        const wrong = [
          [{ uid: [own, { inside: 1, outside: 0 }], gid: [own] }, `users.uid[1]: 0 is not yours; ${theirs}`],
          [{ uid: [{ ...own, count: 2 }], gid: [own] }, `users.uid[0]: ${maker.uid}–${maker.uid + 1} are not yours; ${theirs}`],
          [{ uid: [own], gid: [own, { inside: 1, outside: 5 }] }, `users.gid[1]: 5 is not yours; ${theirs.replace('subuid', 'subgid')}`],
          [
            { uid: [own, { inside: 1, outside: last, count: 2 }], gid: [own] },
            `users.uid[1]: ${last}–${last + 1} are not yours; ${theirs}`,
          ],
        ] as const;
        for (const [users, message] of wrong) {
          assert.deepEqual(await client.refused({ name: 'web', users }), {
            kind: 'denied',
            message,
            subject: `/etc/sub${message.slice(6, 9)}`,
          });
          await client.machine.requireClean();
        }
      });

    it('maps that the kernel would not take are refused by their place', async () => {
      const line = { inside: 0, outside: maker.uid };
      const many = Array.from({ length: 341 }, (_, index) => ({ inside: index, outside: range.first + index }));
      const wrong = [
        [{ uid: many, gid: [line] }, /^users\.uid must have at most 340 /],
        [{ uid: [line, { inside: 0, outside: range.first }], gid: [line] }, /^users\.uid has lines that overlap inside\.$/],
        [{ uid: [line, { inside: 1, outside: maker.uid }], gid: [line] }, /^users\.uid has lines that overlap outside\.$/],
        [
          { uid: [{ inside: 0, outside: 4_294_967_294, count: 2 }], gid: [line] },
          /^users\.uid\[0\] reaches beyond the highest id, 4294967294\.$/,
        ],
        [{ uid: [], gid: [line] }, /^users\.uid must have at least 1 /],
      ] as const;
      for (const [users, message] of wrong) {
        const failure = await client.refused({ name: 'web', users });
        assert.equal(failure.kind, 'invalid');
        assert.match(failure.message, message);
      }
      await client.machine.requireClean();
    });

    it('340 lines are taken as they are, where they are short enough for the kernel', async () => {
      const first = maker.uid === 0 ? 0 : range.first;
      const lines = (count: number, apart: number) =>
        Array.from({ length: count }, (_, index) => ({ inside: index * apart, outside: first + index * apart }));
      const [most, taken] = maker.uid === 0 ? [340, lines(340, 2)] : [240, lines(240, 2)];
      const { pid } = await client.create({ name: 'web', users: { uid: taken, gid: taken } });
      assert.deepEqual(
        parse(read(pid, 'uid_map')),
        taken.map(({ inside, outside }) => [inside, outside, 1]),
      );
      assert.equal(parse(read(pid, 'gid_map')).length, most);
      const long = Array.from({ length: 340 }, (_, index) => ({ inside: index * 2, outside: range.first + index * 2 }));
      assert.deepEqual(await client.refused({ name: 'no', users: { uid: long, gid: long } }), {
        kind: 'invalid',
        message: 'users.uid: its 340 lines are 4365 bytes; the kernel takes less than 4096.',
        hint: 'Join lines that follow one another.',
      });
    });

    it('a tenant is root of its block in a user namespace within its own', async () => {
      const { id, pid } = await client.create({ name: 'web', users: { tenant: 3 } });
      assert.deepEqual(parse(read(pid, 'uid_map')), [[0, blockOf(3), 65_536]]);
      assert.equal(await client.inside(id, 'id -u; cat /proc/self/setgroups'), '0\nallow\n');
      assert.notEqual(parentOfUser(pid), inodeOf('self', 'user'));
      assert.equal(/^CapEff:\t(.*)$/m.exec(read(pid, 'status'))?.[1], /^CapBnd:\t(.*)$/m.exec(read(pid, 'status'))?.[1]);
      assert.equal(statSync(`/proc/${pid}`).uid, blockOf(3));
    });

    it('sandboxes of one tenant are in one namespace of the tenant, and those of two are not', async () => {
      const made = [];
      for (const [name, tenant] of [
        ['one', 4],
        ['two', 4],
        ['other', 5],
      ] as const)
        made.push(await client.create({ name, users: { tenant } }));
      const parents = made.map(({ pid }) => parentOfUser(pid));
      assert.equal(parents[0], parents[1]);
      assert.notEqual(parents[0], parents[2]);
      assert.equal(new Set(made.map(({ pid }) => inodeOf(pid, 'user'))).size, 3);
      // The tenant's namespace outlives the sandbox with which it was made, while another is in it.
      await client.call('sandbox/remove', { sandbox: 'one' });
      const again = await client.create({ name: 'again', users: { tenant: 4 } });
      assert.equal(parentOfUser(again.pid), parents[1]);
    });

    it('a block that overlaps somebody’s ids is refused, and nothing is made', async () => {
      const { machine } = client;
      machine.run('sh', '-c', `cp /etc/subuid ${client.folder}/before && echo 'somebody:${blockOf(7) + 10}:5' >> /etc/subuid`);
      try {
        const failure = await client.refused({ name: 'web', users: { tenant: 7 } });
        assert.equal(failure.kind, 'taken');
        assert.equal(failure.message, `The ids of tenant 7, ${blockOf(7)}–${blockOf(8) - 1}, overlap the range of somebody.`);
        await client.create({ name: 'web', users: { tenant: 8 } });
      } finally {
        machine.run('sh', '-c', `cat ${client.folder}/before > /etc/subuid`);
      }
      const beyond = await client.refused({ name: 'no', users: { tenant: 65_534 } });
      assert.equal(beyond.kind, 'invalid');
      assert.match(beyond.message, /^Tenant 65534 would reach beyond the highest id: \d+\.$/);
    });
  });
