import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Limits } from '../../../../helper/image/budget.ts';
import { Place } from '../../../support/image-place.ts';
import { archive, member, pax } from '../../../support/tar.ts';

const file = member({ name: 'etc/hostname', contents: 'web\n' });

describe('unpackArchive', () => {
  it('makes files, directories and links with their modes and times', async () => {
    using place = new Place();
    const unpacked = await place.unpackBytes(
      archive(
        member({ name: './', type: '5', mode: 0o711, modifiedSeconds: 5 }),
        member({ name: 'bin/', type: '5', mode: 0o750, modifiedSeconds: 7 }),
        member({ name: 'bin/su', mode: 0o4755, contents: 'x', modifiedSeconds: 9 }),
        member({ name: 'bin/sudo', type: '1', link: './bin/su' }),
        member({ name: 'bin/sh', type: '2', link: '/bin/busybox' }),
        member({ name: 'empty/er/file' }),
      ),
    );
    assert.deepEqual(unpacked, { files: 6, sizeBytes: 1, unmapped: 0 });
    const at = (path: string) => lstatSync(join(place.into, path));
    assert.equal(at('bin/su').mode & 0o7777, 0o4755);
    assert.equal(at('bin/su').mtimeMs, 9000);
    assert.equal(at('bin/sudo').ino, at('bin/su').ino);
    assert.equal(readlinkSync(join(place.into, 'bin/sh')), '/bin/busybox');
    assert.equal(at('bin').mode & 0o7777, 0o750);
    assert.equal(at('bin').mtimeMs, 7000);
    assert.equal(at('.').mode & 0o7777, 0o711);
    assert.equal(at('.').mtimeMs, 5000);
    assert.equal(at('empty').mode & 0o7777, 0o755);
    assert.equal(at('empty/er/file').size, 0);
  });

  it('keeps names that are long, hold newlines, or are no UTF-8', async () => {
    using place = new Place();
    const long = `${'d'.repeat(200)}/${'f'.repeat(200)}`;
    await place.unpackBytes(
      archive(
        member({ name: 'a\nb' }),
        member({ name: Buffer.from('caf\xe9', 'latin1') }),
        pax({ path: 'käse' }),
        member({ name: 'kase' }),
        pax({ path: long }),
        member({ name: 'short', contents: 'x' }),
      ),
    );
    const names = readdirSync(place.into, { encoding: 'buffer' }).map(name => name.toString('latin1'));
    assert.deepEqual(names.sort(), ['a\nb', 'caf\xe9', 'd'.repeat(200), Buffer.from('käse').toString('latin1')].sort());
    assert.equal(readFileSync(join(place.into, long), 'utf8'), 'x');
  });

  it('lets a later member take the place of an earlier one, and never writes through it', async () => {
    using place = new Place();
    writeFileSync(join(place.folder, 'outside'), 'untouched');
    await place.unpackBytes(
      archive(
        member({ name: 'a', type: '2', link: '../outside' }),
        member({ name: 'a', contents: 'new' }),
        member({ name: 'b/c', contents: 'x' }),
        member({ name: 'b', contents: 'file' }),
        member({ name: 'd', type: '2', link: '..' }),
        member({ name: 'd', type: '5' }),
      ),
    );
    assert.equal(readFileSync(join(place.folder, 'outside'), 'utf8'), 'untouched');
    assert.equal(readFileSync(join(place.into, 'a'), 'utf8'), 'new');
    assert.equal(readFileSync(join(place.into, 'b'), 'utf8'), 'file');
    assert.ok(lstatSync(join(place.into, 'd')).isDirectory());
  });

  for (const [name, options] of [
    ['plain', []],
    ['gzip', ['--gzip']],
    ['pax', ['--format=pax']],
    ['old', ['--format=v7']],
  ] as const) {
    it(`reads what GNU tar writes: ${name}`, async () => {
      using place = new Place();
      const source = join(place.folder, 'source');
      mkdirSync(join(source, 'sub'), { recursive: true });
      const contents = Buffer.alloc(3_000_000, 'burrow');
      writeFileSync(join(source, 'sub/large'), contents);
      symlinkSync('sub', join(source, 'link'));
      const path = join(place.folder, 'made');
      execFileSync('tar', [...options, '-cf', path, '-C', source, '.']);
      assert.equal((await place.unpack({ kind: 'archive', path })).sizeBytes, contents.length);
      assert.ok(readFileSync(join(place.into, 'sub/large')).equals(contents));
      assert.equal(readlinkSync(join(place.into, 'link')), 'sub');
      const seconds = (at: string) => Math.floor(statSync(join(at, 'sub/large')).mtimeMs / 1000);
      assert.equal(seconds(place.into), seconds(source));
    });
  }

  it('takes owners that are not mapped for root inside, and counts them', async () => {
    using place = new Place();
    const unpacked = await place.unpackBytes(archive(file, member({ name: 'a', uid: 5 }), member({ name: 'b', gid: 5 })));
    assert.equal(unpacked.unmapped, 2);
    assert.equal(lstatSync(join(place.into, 'a')).uid, process.getuid?.());
  });
});

/** What is wrong, the archive that has it, and the end of the sentence. */
const refused: readonly (readonly [string, Buffer, string, Partial<Limits>?])[] = [
  ['..', archive(file, member({ name: 'a/../../b' })), 'member "a/../../b" leads out of the root directory with ".."'],
  ['.. that stays inside', archive(member({ name: 'a/../b' })), 'member "a/../b" leads out of the root directory with ".."'],
  ['.. in a pax header', archive(pax({ path: '../b' }), member({ name: 'b' })), 'member "../b" leads out of the root directory with ".."'],
  ['an absolute name', archive(file, member({ name: '/etc/passwd' })), 'member "/etc/passwd" is absolute'],
  [
    'an absolute hard link',
    archive(file, member({ name: 'a', type: '1', link: '/etc/shadow' })),
    'the hard link "a" to "/etc/shadow" is absolute',
  ],
  [
    'a hard link to outside',
    archive(file, member({ name: 'a', type: '1', link: '../b' })),
    'the hard link "a" to "../b" leads out of the root directory with ".."',
  ],
  [
    'a hard link to nothing',
    archive(member({ name: 'a', type: '1', link: 'b' })),
    'the hard link "a" to "b" leads to nothing that is there',
  ],
  [
    'a hard link to a directory',
    archive(file, member({ name: 'a', type: '1', link: 'etc' })),
    'the hard link "a" to "etc" leads to a directory',
  ],
  [
    'a hard link through a symbolic link',
    archive(member({ name: 'l', type: '2', link: '/etc' }), member({ name: 'a', type: '1', link: 'l/passwd' })),
    '"l", where a member lies, is or is below a symbolic link',
  ],
  [
    'a file through a symbolic link',
    archive(member({ name: 'l', type: '2', link: '..' }), member({ name: 'l/a/b', contents: 'x' })),
    '"l/a", where a member lies, is or is below a symbolic link',
  ],
  ['a file below a file', archive(file, member({ name: 'etc/hostname/a' })), '"etc/hostname", where a member lies, is no directory'],
  ['a character device', archive(file, member({ name: 'dev/sda', type: '3' })), 'member "dev/sda" is a character device'],
  ['a block device', archive(file, member({ name: 'dev/sda', type: '4' })), 'member "dev/sda" is a block device'],
  ['a FIFO', archive(file, member({ name: 'a', type: '6' })), 'member "a" is a FIFO'],
  ['a sparse file', archive(member({ name: 'a', type: 'S' })), 'member "a" is of a type that Burrow does not read'],
  [
    'a sparse file as pax has it',
    archive(pax({ 'GNU.sparse.major': '1' }), member({ name: 'a' })),
    'member "a" is a sparse file in a form that Burrow does not read',
  ],
  ['a file as root directory', archive(member({ name: './', type: '2', link: 'x' })), 'member "./" takes the place of the root directory'],
  [
    'a link with contents',
    archive(member({ name: 'a', type: '2', link: 'b', contents: 'c' })),
    'member "a" is a link, and yet has contents',
  ],
  ['a link to nowhere', archive(member({ name: 'a', type: '2' })), 'the symbolic link "a" leads to no possible path'],
  ['a NUL byte', archive(pax({ path: 'a\0b' }), member({ name: 'a' })), 'member "a\\u0000b" holds a NUL byte'],
  [
    'a name of 256 bytes',
    archive(pax({ path: 'n'.repeat(256) }), member({ name: 'a' })),
    `member "${'n'.repeat(119)}…" is longer than a path can be`,
  ],
  [
    'a pax name that is no UTF-8',
    archive(pax({ path: Buffer.from('caf\xe9', 'latin1') }), member({ name: 'a' })),
    'a pax header holds the name "caf\ufffd", which is no UTF-8',
  ],
  ['an owner that is no number', archive(pax({ uid: '-1' }), member({ name: 'a' })), 'member "a" has an impossible owner'],
  ['a time that is no number', archive(pax({ mtime: 'x' }), member({ name: 'a' })), 'member "a" has an impossible time'],
  [
    'a wrong checksum',
    archive(file, member({ name: 'a', checksum: 1 })),
    'it is no tar archive, or damaged: the checksum of a header is wrong',
  ],
  ['text', Buffer.from('hello '.repeat(200)), 'it is no tar archive, or damaged: the checksum of a header is wrong'],
  ['nothing', Buffer.alloc(0), 'it is empty'],
  [
    'an end inside a member',
    archive(file, member({ name: 'a', contents: 'x'.repeat(5000) })).subarray(0, 4096),
    'it ends in the middle of a member',
  ],
  ['an end between members', Buffer.concat([file, file]), 'it ends without the mark of an end, so something is missing'],
  ['an end inside gzip', gzipSync(archive(file)).subarray(0, 60), 'its compressed data ends too early'],
  ['damaged gzip', Buffer.concat([gzipSync(archive(file)).subarray(0, -8), Buffer.alloc(8)]), 'its compressed data is damaged'],
  ['bzip2', Buffer.from('BZh91AY&SY'), 'it is compressed with bzip2, which Burrow does not read'],
  ['a pax header of 100 MB', archive(member({ name: 'a', type: 'x', sizeBytes: 100_000_000 })), 'it has a header of more than 4 MiB'],
  ['too many members', archive(file, file, file), 'it has more than 2 members', { maxMembers: 2 }],
  ['too many directories', archive(member({ name: 'a/b/c/d' })), 'it has more than 3 members', { maxMembers: 3 }],
  [
    'a bomb',
    gzipSync(archive(member({ name: 'a', contents: Buffer.alloc(2_000_000) }))),
    'it is larger than 1000000 bytes when it is decompressed',
    { maxBytes: 1_000_000 },
  ],
  [
    'more than the disk holds',
    archive(pax({ size: '1000000000000000' }), member({ name: 'a' })),
    'there is not enough room for it on the disk',
  ],
];

describe('unpackArchive refuses, and leaves nothing behind', () => {
  for (const [what, bytes, end, limits] of refused) {
    it(what, async () => {
      using place = new Place();
      assert.equal(await place.refusal(place.unpackBytes(bytes, limits)), `The archive /a.tar cannot be unpacked: ${end}.`);
    });
  }

  it('what ends too early, and says so also when it waited for a turn of others', async () => {
    using place = new Place();
    async function* late(): AsyncGenerator<Buffer> {
      // Longer than members may follow each other without such a turn.
      await setTimeout(30);
      yield archive(member({ name: 'a', contents: 'x'.repeat(1000) })).subarray(0, 1024);
    }
    await assert.rejects(place.unpackPieces(late()), { message: 'it ends in the middle of a member' });
  });

  it('what is no regular file', async () => {
    using place = new Place();
    execFileSync('mkfifo', [join(place.folder, 'fifo')]);
    const refusal = await place.refusal(place.unpack({ kind: 'archive', path: join(place.folder, 'fifo') }));
    assert.equal(refusal, '/fifo is no regular file.');
  });

  it("what only the helper's own descriptors lead to", async () => {
    using place = new Place();
    await assert.rejects(place.unpack({ kind: 'archive', path: '/proc/self/exe' }), { syscall: 'openat2', errno: 'ELOOP' });
  });
});
