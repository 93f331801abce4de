import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Root } from '../../../../../helper/discovery/engines/roots.ts';
import { isStateName, readState } from '../../../../../helper/discovery/engines/runtime-state.ts';

describe('the states of runtimes', () => {
  let folder = '';
  let root: Root;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-states-'));
    root = Root.at(folder);
  });
  after(() => {
    root[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  function write(path: string, content: unknown): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  const read = (runtime: 'runc' | 'crun', id: string) => {
    const { stamp: _, uid: __, ...state } = readState(root, runtime, `/run/${runtime}`, id) ?? {};
    return state;
  };

  it('are runc’s with its bundle’s annotations', () => {
    write('/run/runc/web/state.json', {
      id: 'web',
      init_process_pid: 26088,
      init_process_start: 1171454,
      config: { labels: ['bundle=/srv/web', 'path=/a=b', 'flag'] },
    });
    write('/srv/web/config.json', { ociVersion: '1.0.2', annotations: { 'fx.name': 'web' } });
    const labels = { bundle: '/srv/web', path: '/a=b', flag: 'flag', 'fx.name': 'web' };
    assert.deepEqual(read('runc', 'web'), {
      runtime: 'runc',
      id: 'web',
      path: '/run/runc/web/state.json',
      pid: 26088,
      start: 1171454,
      labels,
    });
  });

  it('are crun’s with the configuration beside it', () => {
    write('/run/crun/web/status', {
      pid: 27217,
      'process-start-time': 1180402,
      'cgroup-path': '/web',
      bundle: '/srv/crun',
      external_descriptors: '["/dev/null"]',
    });
    write('/run/crun/web/config.json', { annotations: { 'fx.name': 'web' } });
    const labels = { bundle: '/srv/crun', 'fx.name': 'web' };
    assert.deepEqual(read('crun', 'web'), { runtime: 'crun', id: 'web', path: '/run/crun/web/status', pid: 27217, start: 1180402, labels });
  });

  for (const [what, content] of [
    ['nonsense', '{"id":"bad","init_process_pid":'],
    ['no pid', { id: 'bad' }],
    ['a pid that is no number', { id: 'bad', init_process_pid: '1', init_process_start: 1 }],
    ['a list', []],
  ] as const)
    it(`are none with ${what}`, () => {
      write('/run/runc/bad/state.json', content);
      assert.deepEqual(read('runc', 'bad'), {});
    });

  it('are none where another runtime’s are', () => assert.deepEqual([read('runc', 'none'), read('crun', 'none')], [{}, {}]));

  it('are none of what crun keeps beside them, while runc gives any name to a container', () => {
    // As crun 1.21 leaves its directory.
    const names = ['.cache', '.empty-directory', 'web', '18aa83ab8bb3'];
    assert.deepEqual(
      names.filter(name => isStateName('crun', name)),
      ['web', '18aa83ab8bb3'],
    );
    assert.deepEqual(
      names.filter(name => isStateName('runc', name)),
      names,
    );
  });
});
