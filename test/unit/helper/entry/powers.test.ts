import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { bitsOf, powersBeside } from '../../../../helper/entry/powers.ts';
import { Entered } from '../../../../helper/entry/target.ts';
import type { NamespaceType } from '../../../../helper/protocol/model.ts';
import { capabilities, lastCapability } from '../../../../helper/security/capabilities.ts';
import { statusField } from '../../../../helper/sys/procfs.ts';

const own = bitsOf(statusField(readFileSync('/proc/self/status', 'latin1'), 'CapBnd'));

const free = { limits: {}, noNewPrivileges: false };

/** Beside a process that is bound to CAP_CHOWN (0), with `types` joined. */
function beside(...types: readonly NamespaceType[]): ReturnType<typeof powersBeside> {
  const entered = new Entered('web');
  entered.status = 'Name:\tnginx\nNoNewPrivs:\t1\nCapBnd:\t0000000000000001\n';
  for (const type of types) entered.namespaces.set(type, -1);
  return powersBeside(entered);
}

describe('powersBeside', () => {
  it('holds the container’s own programs to what the container may', () =>
    assert.deepEqual(beside('mnt', 'pid'), {
      confinement: {
        limits: {},
        capabilities: { kept: new Set(own.includes(0) ? [capabilities[0]] : []), last: lastCapability() },
        noNewPrivileges: true,
      },
      capabilities: own.includes(0) ? 1 : 0,
    }));

  it('withholds nothing from the host’s programs', () => assert.deepEqual(beside('net'), { confinement: free, capabilities: own.length }));

  it('withholds nothing in a user namespace of its own', () =>
    assert.deepEqual(beside('mnt', 'user'), { confinement: free, capabilities: own.length }));

  it('holds what runs in a sandbox to the terms of that, whatever runs there already', () => {
    const confinement = { limits: { core: 0 }, noNewPrivileges: true, capabilities: { kept: new Set(['CAP_KILL'] as const), last: 40 } };
    const entered = new Entered('web');
    entered.status = 'Name:\tnginx\nNoNewPrivs:\t0\nCapBnd:\tffffffffffffffff\n';
    entered.namespaces.set('mnt', -1);
    entered.terms = { places: [], confinement, umask: 0o22, user: undefined, directory: '/', environment: {} };
    assert.deepEqual(powersBeside(entered), { confinement, capabilities: 1 });
    const { capabilities: _, ...open } = confinement;
    entered.terms = { ...entered.terms, confinement: open };
    assert.deepEqual(powersBeside(entered), { confinement: open, capabilities: own.length });
  });

  it('reads the bits of a set', () => {
    assert.deepEqual(bitsOf('0000000020000420'), [5, 10, 29]);
    assert.deepEqual(bitsOf(undefined), []);
  });
});
