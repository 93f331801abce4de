import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { membersBelow } from '../../../../../helper/discovery/engines/unit-members.ts';

describe('membersBelow', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-unit-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  function write(group: string, procs: string): void {
    const file = join(folder, group, 'cgroup.procs');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, procs);
  }

  it('are in the group of the unit and in those below it, the nearest first', () => {
    write('quad.service', '');
    write('quad.service/runtime', '1174\n');
    write('quad.service/libpod-payload-18aa/container', '1176\n1180\n');
    write('plain.service', '812\n');
    assert.deepEqual(membersBelow(join(folder, 'quad.service')), [1174, 1176, 1180]);
    assert.deepEqual(membersBelow(join(folder, 'plain.service')), [812]);
    assert.deepEqual(membersBelow(join(folder, 'none.service')), []);
  });

  it('are looked for in a bounded number of groups', () => {
    for (let index = 1; index <= 200; index++) write(`many.service/${index}`, `${index}\n`);
    write('many.service', '999\n');
    const members = membersBelow(join(folder, 'many.service'));
    assert.equal(members[0], 999);
    assert.equal(members.length, 64);
  });
});
