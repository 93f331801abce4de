import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readLabel } from '../../../../helper/entry/lsm-label.ts';

describe('readLabel', () => {
  let proc = '';
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'burrow-label-'));
    mkdirSync(join(proc, 'attr'));
  });
  afterEach(() => rmSync(proc, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(join(proc, 'attr/apparmor'), { recursive: true });
    writeFileSync(join(proc, 'attr', path), text);
  };

  it('is AppArmor’s profile without its mode, from the files of its own', () => {
    write('apparmor/current', 'docker-default (enforce)\n');
    assert.deepEqual(readLabel(proc), { text: 'docker-default', attribute: 'apparmor/exec', value: 'exec docker-default' });
  });

  it('is AppArmor’s profile, from the files that all modules share on an older kernel', () => {
    writeFileSync(join(proc, 'attr/current'), '/usr/bin/man//filter (complain)\n');
    assert.deepEqual(readLabel(proc), { text: '/usr/bin/man//filter', attribute: 'exec', value: 'exec /usr/bin/man//filter' });
  });

  it('is SELinux’s context', () => {
    writeFileSync(join(proc, 'attr/current'), 'system_u:system_r:container_t:s0:c1,c2\0');
    assert.deepEqual(readLabel(proc)?.value, 'system_u:system_r:container_t:s0:c1,c2');
  });

  it('is none where nothing confines the process, or no module is there', () => {
    assert.equal(readLabel(proc), undefined);
    write('apparmor/current', 'unconfined\n');
    assert.equal(readLabel(proc), undefined);
  });
});
