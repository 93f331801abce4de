import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Records, type SandboxRecord } from '../../../../helper/sandbox/records.ts';

const making: SandboxRecord = { phase: 'making', id: 'a1', name: 'web' };

describe('Records', () => {
  let state = '';
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'burrow-records-'));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  it('gives back what was written, and forgets what was deleted', () => {
    const records = new Records(state);
    records.write('a1', making);
    records.write('a1', { ...making, name: 'db' });
    assert.deepEqual(records.read(), [{ ...making, name: 'db' }]);
    records.delete('a1');
    records.delete('a1');
    assert.deepEqual(records.read(), []);
  });

  it('lets nobody else read them', () => {
    const records = new Records(state);
    records.write('a1', making);
    assert.equal(statSync(join(state, 'sandboxes')).mode & 0o777, 0o700);
    assert.equal(statSync(records.pathOf('a1')).mode & 0o777, 0o600);
  });

  it('removes what a crash cut short or nobody can read', () => {
    const records = new Records(state);
    records.write('a1', making);
    writeFileSync(join(state, 'sandboxes/b2.json.new'), '{"phase":');
    writeFileSync(join(state, 'sandboxes/c3.json'), '{"phase":');
    writeFileSync(join(state, 'sandboxes/d4.json'), '{"phase":"flying"}');
    assert.deepEqual(records.read(), [making]);
    assert.deepEqual(readdirSync(join(state, 'sandboxes')), ['a1.json']);
  });
});
