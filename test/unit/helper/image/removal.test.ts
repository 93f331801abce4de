import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { removePath } from '../../../../helper/image/removal.ts';
import { Place } from '../../../support/image-place.ts';

describe('removePath', () => {
  it('removes names of any bytes, and follows no link', () => {
    using place = new Place();
    const outside = join(place.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'untouched');
    writeFileSync(Buffer.concat([Buffer.from(`${place.into}/`), Buffer.from('caf\xe9', 'latin1')]), '');
    symlinkSync(outside, join(place.into, 'link'));
    removePath(place.into);
    assert.ok(!existsSync(place.into));
    assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'untouched');
  });

  it('removes directories deeper than a path can be', () => {
    using place = new Place();
    const dig = `for (let depth = 0; depth < 3000; depth++) { fs.mkdirSync('dddddddd'); process.chdir('dddddddd'); }`;
    execFileSync(process.execPath, ['-e', dig], { cwd: place.into });
    removePath(place.into);
    assert.ok(!existsSync(place.into));
  });

  it('takes it for removed when it is, and when its parent is', () => {
    using place = new Place();
    removePath(place.into);
    removePath(place.into);
    removePath(join(place.into, 'below'));
  });

  it('removes a link to a directory and not the directory', () => {
    using place = new Place();
    const link = join(place.folder, 'link');
    symlinkSync(place.into, link);
    removePath(link);
    assert.ok(!existsSync(link));
    assert.ok(existsSync(place.into));
  });
});
