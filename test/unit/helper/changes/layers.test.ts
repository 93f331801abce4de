import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isOpaque, isWhiteout, layersOf, openBelow, openDirectory } from '../../../../helper/changes/layers.ts';

describe('layers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-layers-'));
  let fd = -1;
  before(() => {
    mkdirSync(join(folder, 'upper/0/etc'), { recursive: true });
    writeFileSync(join(folder, 'upper/0/etc/file'), 'x');
    symlinkSync('/etc', join(folder, 'upper/0/link'));
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  });
  after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  it('are numbered, the root’s first', () => {
    assert.deepEqual(layersOf(['/home', '/srv']), [
      { upper: 'upper/0', lower: '/' },
      { upper: 'upper/1', lower: '/home' },
      { upper: 'upper/2', lower: '/srv' },
    ]);
  });

  it('are opened through no symbolic link, and not upwards', () => {
    for (const path of ['upper/0/link', 'upper/0/link/passwd', 'upper/0/../../..', '/etc', 'upper/0/etc/file/x', 'upper/9'])
      assert.equal(openDirectory(fd, path), undefined, path);
    const file = openBelow(fd, 'upper/0/etc/file', constants.O_RDONLY) ?? -1;
    assert.equal(readFileSync(file, 'utf8'), 'x');
    closeSync(file);
  });

  it('say no of a directory without a mark, and of a device that is one', () => {
    assert.equal(isOpaque(fd), false);
    assert.equal(isWhiteout(lstatSync('/dev/null')), false);
    assert.equal(isWhiteout({ isCharacterDevice: () => true, rdev: 0 }), true);
  });
});
