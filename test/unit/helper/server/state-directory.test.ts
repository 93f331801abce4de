import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeStateDirectory } from '../../../../helper/server/state-directory.ts';

describe('the directory of a helper', () => {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-state-'));
  after(() => rmSync(folder, { recursive: true }));

  const place = (name: string, mode: number): string => {
    mkdirSync(`${folder}/${name}`);
    chmodSync(`${folder}/${name}`, mode);
    return `${folder}/${name}`;
  };
  const refused = (where: string): { name: string; message: string } => ({
    name: 'Refusal',
    message: `${where}, on the way to ${where}/a/b, belongs to another user or can be written by others.`,
  });

  it('is made, with those above it, where nobody else can put another in its place', () => {
    const safe = place('safe', 0o755);
    assert.equal(makeStateDirectory(`${safe}/a/b/helper.sock`), `${safe}/a/b`);
    assert.equal(statSync(`${safe}/a/b`).mode & 0o777, 0o755);
    assert.equal(makeStateDirectory(`${safe}/a/b/helper.sock`), `${safe}/a/b`);
  });

  it('is not made below one that others can write', () => {
    for (const [name, mode] of Object.entries({ group: 0o775, all: 0o777 })) {
      const open = place(name, mode);
      assert.throws(() => makeStateDirectory(`${open}/a/b/helper.sock`), refused(open));
      assert.equal(statSync(`${open}/a`, { throwIfNoEntry: false }), undefined);
    }
  });

  it('may be made below one with the sticky bit, as /tmp', () => {
    const sticky = place('sticky', 0o1777);
    assert.equal(makeStateDirectory(`${sticky}/a/helper.sock`), `${sticky}/a`);
  });

  it('is found through links of its own user, by its path without them, and each directory on that way counts', () => {
    const safe = place('target', 0o755);
    symlinkSync('target', `${folder}/link`);
    assert.equal(makeStateDirectory(`${folder}/link/a/helper.sock`), `${safe}/a`);
    const open = place('open', 0o777);
    symlinkSync(open, `${folder}/open-link`);
    assert.throws(() => makeStateDirectory(`${folder}/open-link/a/helper.sock`), { name: 'Refusal' });
    symlinkSync('circle', `${folder}/circle`);
    assert.throws(() => makeStateDirectory(`${folder}/circle/a/helper.sock`), {
      message: `${folder}/circle/a leads through too many links.`,
    });
  });
});
