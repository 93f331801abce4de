import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as z from 'zod';
import { Root } from '../../../../../helper/discovery/engines/roots.ts';
import { readStat } from '../../../../../helper/sys/procfs.ts';
import { exampleProcess } from './example.ts';

describe('Root', () => {
  let folder = '';
  let root: Root;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-roots-'));
    mkdirSync(join(folder, 'inside/run'), { recursive: true });
    writeFileSync(join(folder, 'secret.json'), '{"outside":true}');
    writeFileSync(join(folder, 'inside/state.json'), '{"id":"web"}\n');
    root = Root.at(join(folder, 'inside'));
  });
  after(() => {
    root[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads a file, and says whose it is', () => {
    assert.deepEqual(root.read('/state.json'), { value: '{"id":"web"}', uid: process.getuid?.(), path: '/state.json' });
  });

  it('follows no link out', () => {
    symlinkSync('../../secret.json', join(folder, 'inside/up.json'));
    symlinkSync(join(folder, 'secret.json'), join(folder, 'inside/absolute.json'));
    symlinkSync('/proc/self/root', join(folder, 'inside/magic'));
    for (const path of ['/up.json', '/absolute.json', '/../secret.json', '/magic/etc/passwd'])
      assert.equal(root.read(path), undefined, path);
  });

  it('follows a link that stays inside', () => {
    symlinkSync('/state.json', join(folder, 'inside/run/state.json'));
    assert.equal(root.read('/run/state.json')?.value, '{"id":"web"}');
  });

  it('is not held up by a FIFO, and reads no directory, device or empty file', () => {
    execFileSync('mkfifo', [join(folder, 'inside/fifo')]);
    writeFileSync(join(folder, 'inside/empty'), '');
    for (const path of ['/fifo', '/run', '/empty', '/missing']) assert.equal(root.read(path), undefined, path);
    using own = Root.at();
    assert.equal(own.read('/dev/zero'), undefined);
  });

  it('reads nothing of a file that is longer than it may be', () => {
    writeFileSync(join(folder, 'inside/huge.json'), '{"id":"web"}');
    assert.equal(root.read('/huge.json', 12)?.value, '{"id":"web"}');
    assert.equal(root.read('/huge.json', 11), undefined);
    truncateSync(join(folder, 'inside/huge.json'), 40 << 20);
    assert.equal(root.read('/huge.json'), undefined);
  });

  it('takes only JSON of the right shape', () => {
    const texts = ['', '{', 'null', '[]', '{"id":7}', '\0\0', '{"id":"web"}'];
    const read = texts.map((text, index) => {
      writeFileSync(join(folder, `inside/${index}.json`), text);
      return root.readJson(`/${index}.json`, z.object({ id: z.string() }))?.value;
    });
    assert.deepEqual(read, [undefined, undefined, undefined, undefined, undefined, undefined, { id: 'web' }]);
  });

  it('lists some of very many names', () => {
    mkdirSync(join(folder, 'inside/many'));
    for (let index = 0; index < 5000; index++) writeFileSync(join(folder, 'inside/many', `${index}`), '');
    assert.equal(root.list('/many').length, 4096);
    assert.deepEqual(root.list('/missing'), []);
    assert.deepEqual(root.list('/state.json'), []);
  });

  it('has another stamp once something was added', () => {
    const before = root.stampOf('/run');
    assert.equal(root.stampOf('/run'), before);
    mkdirSync(join(folder, 'inside/run/web'));
    assert.notEqual(root.stampOf('/run'), before);
    assert.equal(root.stampOf('/missing'), undefined);
  });

  it('is that of the process meant, not of another with its number', () => {
    const self = exampleProcess({ pid: process.pid, start: readStat(process.pid).start });
    using own = Root.of(self);
    assert.ok(own);
    assert.equal(Root.of({ ...self, start: self.start + 1 }), undefined);
    assert.equal(Root.of({ ...self, pid: 0x7fff_fffe }), undefined);
  });
});
