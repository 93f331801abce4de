import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../../extension/machine/machine.ts';
import { host, machine, process, snapshot } from '../example.ts';

describe('the machine', () => {
  test("knows the host's namespaces by what it booted with", () => {
    assert.deepEqual(machine.host, host);
    assert.deepEqual(
      machine.differing({ ...host, net: 20, uts: 24 }).map(each => each.type),
      ['net', 'uts'],
    );
  });

  test("takes the helper's own for the host's where it cannot see those", () => {
    const inside = new Machine({ ...snapshot, namespaces: [], processes: [process(5, 'burrow', { net: 77 })] }, [], { helperPid: 5 });
    assert.ok(inside.isHosts({ type: 'net', inode: 77 }));
  });

  test('counts a process to a container by its pid namespace', () => {
    assert.deepEqual(
      machine.belonging(80).map(each => each.pid),
      [80, 81],
    );
  });

  test("counts only the init where its pid namespace is the host's", () => {
    assert.deepEqual(
      machine.belonging(70).map(each => each.pid),
      [70],
    );
    assert.deepEqual(machine.belonging(4711), []);
  });
});
