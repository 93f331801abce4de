import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Entered } from '../../../../helper/entry/entered.ts';
import { bitsOf, powersBeside } from '../../../../helper/entry/powers.ts';
import { capabilities, lastCapability } from '../../../../helper/security/capabilities.ts';
import { statusField } from '../../../../helper/sys/procfs.ts';
import { beside, confined, inPlaceOf, resident } from './residents.ts';

const own = bitsOf(statusField(readFileSync('/proc/self/status', 'latin1'), 'CapBnd'));
const free = { limits: {}, noNewPrivileges: false };
const none = new Set();

describe('powersBeside', () => {
  it('holds the container’s own programs to what the process in whose place they run can come to have', () => {
    const { confinement, capabilities: count } = powersBeside(inPlaceOf(resident({ status: confined }), 'mnt', 'user'));
    const { filter, ...rest } = confinement;
    assert.deepEqual(rest, {
      limits: {},
      capabilities: {
        bounding: new Set(own.includes(0) ? [capabilities[0]] : []),
        kept: none,
        inheritable: none,
        ambient: none,
        last: lastCapability(),
      },
      noNewPrivileges: true,
    });
    assert.equal(count, 0);
    assert.ok(filter && filter.length > 0 && filter.length % 8 === 0, 'a filter in place of the one that cannot be read');
  });

  it('gives root the bounding set back, as execve does, unless no_new_privs forbids it', () => {
    const status = confined.replace('NoNewPrivs:\t1', 'NoNewPrivs:\t0').replace('CapBnd:\t0000000000000001', 'CapBnd:\t0000000000000003');
    const { confinement } = powersBeside(inPlaceOf(resident({ status }), 'mnt'));
    assert.deepEqual(confinement.capabilities?.kept, new Set(own.filter(bit => bit < 2).map(bit => capabilities[bit])));
  });

  it('has the filters of the process itself where those were read', () => {
    const entered = inPlaceOf(resident({ status: confined }), 'mnt');
    entered.filters = [Buffer.alloc(8), Buffer.alloc(16)];
    const { filter, copied } = powersBeside(entered).confinement;
    assert.deepEqual([filter, copied], [undefined, entered.filters]);
  });

  it('installs no filter of 64 bits where the program has 32', () => {
    assert.equal(powersBeside(inPlaceOf(resident({ status: confined, is32Bit: true }), 'mnt')).confinement.filter, undefined);
  });

  it('withholds nothing from the host’s programs', () =>
    assert.deepEqual(powersBeside(beside(resident({ status: confined }), 'net')), { confinement: free, capabilities: own.length }));

  it('holds what runs in a sandbox to the terms of that, whatever runs there already', () => {
    const confinement = { limits: { core: 0 }, noNewPrivileges: true, capabilities: { kept: new Set(['CAP_KILL'] as const), last: 40 } };
    const entered: Entered = inPlaceOf(resident(), 'mnt');
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
