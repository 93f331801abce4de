import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { Records, type SandboxRecord, type Traces } from '../../../../helper/sandbox/records.ts';

const traces: Traces = { id: 'a1', name: 'web', disks: [] };
const making: SandboxRecord = { phase: 'making', traces };
const ready: SandboxRecord = {
  phase: 'ready',
  traces: {
    ...traces,
    network: { hostLink: 'bw-a1', hostAddress: '10.201.0.1/30', link: 'eth0', address: '10.201.0.2/30' },

    disks: ['/home', '/srv'],
    unpacked: '/var/lib/burrow/run-burrow/a1',
    pins: '/run/burrow/namespaces/a1',
  },
  sandbox: {
    id: 'a1',
    name: 'web',
    pid: 812,
    namespaces: { net: 4_026_532_345 },
    networks: [],
    created: '2026-01-02T03:04:05.678Z',
    uid: 1000,
    root: 'discard',
    limits: { memory: 1 << 20 },
    persist: true,
    notices: ['limits.swap is not kept: no reason'],
  },
  definition: Definition.parse({
    name: 'web',
    namespaces: { net: 'container:redis' },
    mounts: [{ type: 'tmpfs', path: '/cache', size: '64M' }],
    users: { uid: [{ inside: 0, outside: 5 }], gid: [{ inside: 0, outside: 5 }] },
    limits: { memory: '1M' },
    security: { seccomp: { file: '/etc/policy.json' } },
  }),
  profile: '{"defaultAction": "SCMP_ACT_ALLOW"}',
  start: 12_345,
};

describe('Records', () => {
  let state = '';
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'burrow-records-'));
  });
  afterEach(() => rmSync(state, { recursive: true }));

  it('gives back what was written, and forgets what was deleted', () => {
    const records = new Records(state);
    records.write(making);
    records.write({ phase: 'making', traces: { ...traces, name: 'db' } });
    assert.deepEqual(records.read(), [{ phase: 'making', traces: { ...traces, name: 'db' } }]);
    records.delete('a1');
    records.delete('a1');
    assert.deepEqual(records.read(), []);
  });

  it('gives another helper all of a sandbox that is made, its definition as it was read', () => {
    new Records(state).write(ready);
    assert.deepEqual(new Records(state).read(), [ready]);
  });

  it('lets nobody else read them', () => {
    const records = new Records(state);
    records.write(making);
    assert.equal(statSync(join(state, 'sandboxes')).mode & 0o777, 0o700);
    assert.equal(statSync(records.pathOf('a1')).mode & 0o777, 0o600);
  });

  it('removes what a crash cut short or nobody can read', () => {
    const records = new Records(state);
    records.write(making);
    const bad = {
      'b2.json.new': '{"phase":',
      'c3.json': '{"phase":',
      'd4.json': '{"phase":"flying"}',
      // As an older helper wrote them.
      'e5.json': '{"phase":"making","id":"e5","name":"web"}',
      'f6.json': JSON.stringify({ ...ready, definition: { name: '../web' } }),
    };
    for (const [name, text] of Object.entries(bad)) writeFileSync(join(state, 'sandboxes', name), text);
    assert.deepEqual(records.read(), [making]);
    assert.deepEqual(readdirSync(join(state, 'sandboxes')), ['a1.json']);
  });

  it('writes beside a file that somebody left, and not through it', () => {
    const records = new Records(state);
    writeFileSync(join(state, 'target'), 'untouched');
    symlinkSync(join(state, 'target'), records.pathOf('a1'));
    records.write(making);
    assert.equal(statSync(join(state, 'target')).size, 'untouched'.length);
    assert.deepEqual(records.read(), [making]);
  });

  it('takes a directory that is there already', () => {
    mkdirSync(join(state, 'sandboxes'), { mode: 0o700 });
    assert.deepEqual(new Records(state).read(), []);
  });
});
