import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeOf, type RunLimits, runDefinition, runName } from '../../../../extension/run-file/definition.ts';

const limits: RunLimits = { memory: '64M', processes: 16, cpuSeconds: 2, wallSeconds: 5 };
const define = (path: string, more: Partial<RunLimits> = {}) => runDefinition(path, [path], 'run-it', { ...limits, ...more });

describe('the sandbox of a run', () => {
  test('has no network, no capability, and writes to nothing but its scratch', () => {
    const { root, network, security, mounts, directory, persist, environment } = define('/home/dev/it');
    assert.deepEqual([root, network, directory, persist], ['readonly', 'none', '/tmp', false]);
    assert.deepEqual([security.capabilities, security.noNewPrivileges, security.seccomp], [[], true, 'default']);
    assert.deepEqual(mounts, [{ type: 'tmpfs', path: '/tmp', mode: '1777' }]);
    assert.deepEqual(environment, { HOME: '/tmp', TMPDIR: '/tmp' });
  });

  test('has the limits of the settings, and no swap to get round that of memory', () => {
    assert.deepEqual(define('/x').limits, { memory: 64 * 2 ** 20, swap: 0, processes: 16, cpuSeconds: 2, wallSeconds: 5 });
    assert.deepEqual(define('/x', { memory: ' ', processes: 0, cpuSeconds: 0, wallSeconds: 0 }).limits, {});
  });

  test('is refused where a setting is no limit', () => {
    const refused = (more: Partial<RunLimits>, message: RegExp) => assert.throws(() => define('/x', more), { name: 'Refused', message });
    refused({ memory: '12Q' }, /^The setting burrow\.run\.memory must be .*a size like 64M/);
    refused({ processes: -1 }, /^The setting burrow\.run\.processes must be at least 1$/);
    refused({ wallSeconds: 1e9 }, /^The setting burrow\.run\.wallSeconds must be at most/);
  });

  test('has the program in its scratch where its place is out of sight', () => {
    assert.equal(placeOf('/tmp/a/b/it.sh'), '/tmp/it.sh');
    assert.equal(placeOf('/run/user/1000/it'), '/tmp/it');
    for (const path of ['/home/dev/it', '/tmpfiles/it', '/var/tmp/it']) assert.equal(placeOf(path), path);
    assert.deepEqual(define('/tmp/a/it').mounts?.slice(1), [
      { type: 'file', path: '/tmp/it', content: '', mode: '644' },
      { type: 'bind', source: '/tmp/a/it', path: '/tmp/it', readonly: true, idmap: false },
    ]);
  });

  test('is named after the program, with a name that is free and allowed', () => {
    assert.equal(runName('/x/a.out', []), 'run-a-out');
    assert.equal(runName('/x/a.out', ['run-a-out', 'run-a-out-2']), 'run-a-out-3');
    assert.equal(runName('/x/世界', []), 'run');
    const long = runName(`/x/${'A'.repeat(60)}.py`, []);
    assert.equal(define('/x').name, 'run-it');
    assert.equal(runDefinition('/x', ['/x'], `${long}-99`, limits).name, `${long}-99`);
  });
});
