// Root directories from archives and images, unpacked as root for a caller who is not.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { takeCode } from '../../helper/code/own-code.ts';
import type { Source, Unpacked } from '../../helper/image/questions.ts';
import { removeRoot, unpack } from '../../helper/image/unpack.ts';
import { eventually } from '../support/eventually.ts';
import { TestLayout } from '../support/oci.ts';
import { inRepository } from '../support/repository.ts';
import { archive, member } from '../support/tar.ts';

takeCode(inRepository('dist'));
const folder = `/run/burrow-kernel-image-${process.pid}`;
const closed = join(folder, 'closed');
const into = join(closed, 'root');
const caller = { uid: 1234, gid: 1235, groups: [4321] };
const OUTSIDE = 100_000;
const maps = {
  uids: [
    { inside: 0, outside: caller.uid, count: 1 },
    { inside: 1, outside: OUTSIDE, count: 1000 },
  ],
  gids: [
    { inside: 0, outside: caller.gid, count: 1 },
    { inside: 1, outside: OUTSIDE, count: 1000 },
  ],
};
const endless = new AbortController().signal;

const unpacked = (source: Source, signal = endless): Promise<Unpacked> => unpack({ source, caller, into, maps }, signal);
const fromArchive = (path: string, signal?: AbortSignal) => unpacked({ kind: 'archive', path }, signal);

/** A file that only its owner and group can read. */
function put(name: string, bytes: Buffer, gid = 0): string {
  const path = join(folder, name);
  writeFileSync(path, bytes, { mode: 0o640 });
  chownSync(path, 0, gid);
  return path;
}

/** Descriptors of this process by what they lead to. One that ended between two looks leads nowhere, and libuv keeps its own /dev/null. */
function descriptors(): string[] {
  const links = readdirSync('/proc/self/fd').map(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]$/, '');
    } catch {
      return '/dev/null';
    }
  });
  return links.filter(link => link !== '/dev/null');
}

/** What is open now and was not before. */
function opened(earlier: readonly string[]): string[] {
  const known = [...earlier];
  return descriptors().filter(link => {
    const at = known.indexOf(link);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

/** The ids and groups of every thread of this process; all the same, it is one text. */
const rights = (): string[] => [
  ...new Set(
    readdirSync('/proc/self/task').flatMap(task => {
      try {
        return /^Uid:.*\nGid:.*\n.*\nGroups:.*/m.exec(readFileSync(`/proc/self/task/${task}/status`, 'utf8'))?.[0] ?? [];
      } catch {
        return []; // it ended
      }
    }),
  ),
];

describe('unpack', () => {
  let earlier: { readonly descriptors: string[]; readonly rights: string[] };
  before(async () => {
    mkdirSync(folder, { mode: 0o755 });
    mkdirSync(closed, { mode: 0o700 });
    mkdirSync(into);
    // A first thread makes what the process then keeps.
    await fromArchive(put('first.tar', archive(member({ name: 'a' })), 4321));
  });
  beforeEach(async () => {
    await removeRoot(into);
    mkdirSync(into);
    earlier = { descriptors: descriptors(), rights: rights() };
  });
  afterEach(async () => {
    let left: readonly string[] = [];
    const isClean = (): boolean => {
      left = opened(earlier.descriptors);
      return left.length === 0;
    };
    await eventually('the end of the thread', isClean, 5).catch(() => assert.deepEqual(left, []));
    assert.deepEqual(rights(), earlier.rights);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('makes a root directory that a program runs in', async () => {
    const source = join(folder, 'source');
    mkdirSync(join(source, 'bin'), { recursive: true });
    execFileSync(
      'sh',
      ['-ec', 'cp "$(command -v busybox)" bin/busybox; ln bin/busybox bin/sh; ln -s /bin/busybox bin/cat; echo hi > motd'],
      {
        cwd: source,
      },
    );
    const path = join(folder, 'busybox.tar.xz');
    execFileSync('tar', ['-cJf', path, '--owner=0', '--group=0', '-C', source, '.']);
    chownSync(path, caller.uid, caller.gid);
    chmodSync(path, 0o400);
    const { unmapped, files } = await fromArchive(path);
    assert.deepEqual({ unmapped, files }, { unmapped: 0, files: 6 });
    assert.equal(execFileSync('chroot', [into, '/bin/sh', '-c', '/bin/cat /motd'], { encoding: 'utf8' }), 'hi\n');
    assert.equal(lstatSync(into).uid, caller.uid);
  });

  it('gives files the owners outside that the maps have for those inside', async () => {
    const bytes = archive(
      member({ name: 'root', uid: 0, gid: 0 }),
      member({ name: 'user', uid: 5, gid: 7, mode: 0o4755 }),
      member({ name: 'nobody', uid: 65_534, gid: 65_534 }),
      member({ name: 'link', type: '2', link: '/x', uid: 5, gid: 7 }),
      member({ name: 'made/file' }),
    );
    const { unmapped } = await fromArchive(put('owners.tar', bytes, 4321));
    const owner = (name: string) => [lstatSync(join(into, name)).uid, lstatSync(join(into, name)).gid];
    assert.equal(unmapped, 1);
    assert.deepEqual(owner('root'), [caller.uid, caller.gid]);
    assert.deepEqual(owner('user'), [OUTSIDE + 4, OUTSIDE + 6]);
    assert.equal(lstatSync(join(into, 'user')).mode & 0o7777, 0o4755);
    assert.deepEqual(owner('nobody'), [caller.uid, caller.gid]);
    assert.deepEqual(owner('link'), [OUTSIDE + 4, OUTSIDE + 6]);
    assert.deepEqual(owner('made'), [caller.uid, caller.gid]);
  });

  it('reads what the caller may read by a group, and nothing that only root may', async () => {
    const bytes = archive(member({ name: 'a' }));
    assert.equal((await fromArchive(put('group.tar', bytes, 4321))).files, 1);
    await removeRoot(into);
    mkdirSync(into);
    const path = put('secret.tar', bytes);
    await assert.rejects(fromArchive(path), {
      message: `The archive ${path} cannot be unpacked: ${path}: permission denied (open: EACCES).`,
      failure: {
        kind: 'denied',
        message: `The archive ${path} cannot be unpacked: ${path}: permission denied (open: EACCES).`,
        syscall: 'open',
        errno: 'EACCES',
        subject: path,
      },
    });
    assert.deepEqual(readdirSync(into), []);
  });

  it('reads no blob of an image that only root may', async () => {
    const layout = new TestLayout(join(folder, 'image'));
    const layer = archive(member({ name: 'a' }));
    layout.index(layout.image([layer]));
    const source = { kind: 'image', path: layout.path } as const;
    assert.equal((await unpacked(source)).files, 1);
    await removeRoot(into);
    mkdirSync(into);
    chmodSync(layout.file(layout.blob('', layer).digest), 0o600);
    await assert.rejects(unpacked(source), /permission denied \(open: EACCES\)/);
    assert.deepEqual(readdirSync(into), []);
    chmodSync(layout.path, 0o700);
    await assert.rejects(unpacked(source), /permission denied \(openat2: EACCES\)/);
  });

  it('touches nothing outside, whatever links are in the way', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'untouched');
    const attempts = [
      [member({ name: 'l', type: '2', link: outside }), member({ name: 'l/file', contents: 'x' })],
      [member({ name: 'l', type: '2', link: outside }), member({ name: 'l/new/', type: '5' })],
      [member({ name: 'l', type: '2', link: '../../outside' }), member({ name: 'm', type: '2', link: 'l' }), member({ name: 'm/new' })],
      [
        member({ name: 'l', type: '2', link: outside }),
        member({ name: 'h', type: '1', link: 'l/file' }),
        member({ name: 'h', contents: 'x' }),
      ],
      [member({ name: 'h', type: '1', link: `${outside}/file` }), member({ name: 'h', contents: 'x' })],
    ];
    for (const [index, members] of attempts.entries()) {
      await assert.rejects(fromArchive(put(`attempt-${index}.tar`, archive(...members), 4321)), /cannot be unpacked/);
      assert.deepEqual(readdirSync(into), []);
    }
    // The link itself, and not what it leads to, gives way and gets the owner.
    const through = [member({ name: 'l', type: '2', link: `${outside}/file`, uid: 5 }), member({ name: 'l', contents: 'x', uid: 5 })];
    await fromArchive(put('through.tar', archive(...through), 4321));
    assert.deepEqual(readdirSync(outside), ['file']);
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'untouched');
    assert.equal(lstatSync(join(outside, 'file')).uid, 0);
  });

  for (const form of ['gzip', 'xz'] as const)
    it(`leaves nothing when it is aborted: ${form}`, async () => {
      const files = Array.from({ length: 40_000 }, (_, index) => member({ name: `d${index % 100}/f${index}`, contents: 'x' }));
      const bytes = archive(...files);
      const path = put(
        `many.${form}`,
        form === 'gzip' ? gzipSync(bytes) : execFileSync('xz', ['-c0'], { input: bytes, maxBuffer: 1 << 28 }),
        4321,
      );
      const abortion = new AbortController();
      const unpacking = assert.rejects(fromArchive(path, abortion.signal), { name: 'AbortError' });
      await eventually('the first file', () => readdirSync(into).length > 0);
      abortion.abort();
      await unpacking;
      assert.deepEqual(readdirSync(into), []);
    });

  it('does not begin when it is aborted already', async () => {
    await assert.rejects(fromArchive('/dev/null', AbortSignal.abort()), { name: 'AbortError' });
  });

  it('is done while others are answered', async () => {
    const socket = join(folder, 'socket');
    const server = createServer(connection => connection.pipe(connection)).listen(socket);
    await once(server, 'listening');
    const files = Array.from({ length: 5000 }, (_, index) => member({ name: `f${index}`, contents: 'x' }));
    let isDone = false;
    const unpacking = fromArchive(put('files.tar', archive(...files), 4321)).finally(() => {
      isDone = true;
    });
    let answeredMeanwhile = 0;
    const client = connect(socket);
    while (!isDone) {
      client.write('?');
      await once(client, 'data');
      if (readdirSync(into).length > 0 && !isDone) answeredMeanwhile += 1;
    }
    client.destroy();
    server.close();
    await once(server, 'close');
    assert.equal((await unpacking).files, 5000);
    assert.ok(answeredMeanwhile > 0);
  });
});

describe('removeRoot', () => {
  const root = join(folder, 'removed');
  before(() => mkdirSync(root, { recursive: true }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('stops at a mount, and removes all once that is gone', async () => {
    mkdirSync(join(root, 'a/mounted'), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'burrow-test', join(root, 'a/mounted')]);
    try {
      writeFileSync(join(root, 'a/mounted/file'), 'kept');
      const failure = {
        kind: 'system',
        message: '"mounted" cannot be removed: something is mounted there.',
        syscall: 'openat2',
        errno: 'EXDEV',
        subject: 'mounted',
        hint: 'Unmount it first.',
      };
      await assert.rejects(removeRoot(root), { failure });
      assert.equal(readFileSync(join(root, 'a/mounted/file'), 'utf8'), 'kept');
    } finally {
      execFileSync('umount', [join(root, 'a/mounted')]);
    }
    await removeRoot(root);
    assert.ok(!existsSync(root));
    await removeRoot(root);
  });
});
