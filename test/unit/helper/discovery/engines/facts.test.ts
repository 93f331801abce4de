import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { likelihoodOf } from '../../../../../helper/discovery/engines/facts.ts';
import type { Process } from '../../../../../helper/protocol/model.ts';
import { exampleProcess, factsOf } from './example.ts';

const host = { cgroup: 11, ipc: 12, mnt: 13, net: 14, pid: 15, time: 16, user: 17, uts: 18 };
const above = (name: string, namespaces: Process['namespaces'] = host) =>
  exampleProcess({ pid: 1, parent: 0, pids: [1], name, namespaces });
/** What is thought of a process in the namespaces of the one above it, but for these. */
function likelihood(parent: Process, differing: Process['namespaces'], inside: readonly number[] = []) {
  const init = exampleProcess({ namespaces: { ...host, ...differing }, pids: [0x7fff_fff0, ...inside] });
  return likelihoodOf(init, factsOf({ init, parent }));
}

describe('likelihoodOf', () => {
  for (const type of ['cgroup', 'ipc', 'mnt', 'net', 'user', 'uts'] as const)
    it(`takes what systemd starts with only a ${type} namespace of its own for a service`, () =>
      assert.equal(likelihood(above('systemd'), { [type]: 99 }), 'likely'));

  it('takes nothing that systemd starts in its own namespaces for one', () => {
    assert.equal(likelihood(above('systemd'), {}), undefined);
    // Where its namespaces may not be seen, nobody knows.
    const init = exampleProcess({ namespaces: {} });
    assert.equal(likelihoodOf(init, factsOf({ init, parent: above('systemd', {}) })), undefined);
  });

  it('asks of any other process that it has a mount namespace of its own', () => {
    assert.equal(likelihood(above('conmon'), { uts: 99 }), undefined);
    assert.equal(likelihood(above('conmon'), { mnt: 99 }), 'likely');
    assert.equal(likelihood(above('bash'), { mnt: 99, pid: 98 }, [1]), 'possible');
    assert.equal(likelihood(above('bash'), { mnt: 99 }), undefined);
  });
});
