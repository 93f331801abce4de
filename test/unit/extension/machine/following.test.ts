import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Following } from '../../../../extension/machine/following.ts';
import { Machine } from '../../../../extension/machine/machine.ts';
import type { Difference } from '../../../../helper/protocol/difference.ts';
import type { Process } from '../../../../helper/protocol/model.ts';
import { host, process, web } from '../example.ts';

const nothing = { namespaces: [], processes: [], containers: [] };
const added = (processes: readonly Process[], more: Partial<Difference> = {}): Difference => ({
  added: { ...nothing, processes: [...processes] },
  changed: nothing,
  removed: nothing,
  gaps: [],
  ...more,
});
const pids = ({ machine }: Following): number[] => [...machine.processes.keys()];
const started = (pid: number): Process => process(pid, 'p', host);

describe('following what the helper tells', () => {
  test('a beginning in parts is shown when it is whole', () => {
    const following = new Following(new Machine(undefined, [web], { helperPid: 5 }));
    assert.equal(following.apply(added([started(1)], { beginning: true, partial: true })), 'part');
    assert.equal(following.apply(added([started(2)], { partial: true })), 'part');
    assert.deepEqual(pids(following), []);
    assert.equal(following.apply(added([started(3)])), 'replaced');
    assert.deepEqual(pids(following), [1, 2, 3]);
    assert.deepEqual(following.machine.sandboxes, [web]);
    assert.deepEqual(following.machine.viewpoint, { helperPid: 5 });
  });

  test('a beginning that comes again makes what was known before void, and not sooner', () => {
    const following = new Following();
    following.apply(added([started(1), started(2)], { beginning: true }));
    following.apply(added([started(2)], { beginning: true, partial: true }));
    assert.deepEqual(pids(following), [1, 2]);
    following.apply(added([started(3)]));
    assert.deepEqual(pids(following), [2, 3]);
  });

  test('a change is taken in as it comes', () => {
    const following = new Following();
    following.apply(added([started(1)], { beginning: true }));
    const before = following.machine;
    assert.equal(following.apply(added([started(2)])), 'changed');
    assert.deepEqual(pids(following), [1, 2]);
    assert.equal(following.machine, before);
  });
});
