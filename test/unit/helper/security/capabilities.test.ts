import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilities, capabilityNumber, dropFromBoundingSet, setCapabilities } from '../../../../helper/security/capabilities.ts';
import { describe as show } from '../../../../helper/stage/program.ts';
import { inC } from '../../../support/headers.ts';

describe('capabilities', () => {
  it('have the numbers of linux/capability.h, and it has no more', () => {
    const theirs = inC([...capabilities, 'CAP_LAST_CAP']);
    assert.equal(capabilities.length, (theirs.get('CAP_LAST_CAP') ?? 0) + 1);
    for (const name of capabilities) assert.equal(capabilityNumber(name), theirs.get(name), name);
  });
});

describe('dropFromBoundingSet', () => {
  it('drops what this kernel has and is not kept', () => {
    const kept = new Set(capabilities.filter(name => name !== 'CAP_SYS_MODULE' && name !== 'CAP_BPF'));
    assert.deepEqual(dropFromBoundingSet(kept, 40).map(show), [
      'prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE)',
      'prctl(PR_CAPBSET_DROP, CAP_BPF)',
    ]);
    assert.deepEqual(dropFromBoundingSet(kept, 38).map(show), ['prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE)']);
  });

  it('drops what a newer kernel has, whatever that is', () => {
    assert.deepEqual(dropFromBoundingSet(new Set(capabilities), 42).map(show), [
      'prctl(PR_CAPBSET_DROP, 41)',
      'prctl(PR_CAPBSET_DROP, 42)',
    ]);
  });
});

describe('setCapabilities', () => {
  it('writes both halves of the three sets', () => {
    const call = setCapabilities(new Set(['CAP_BPF', 'CAP_KILL']));
    const [, sets] = call.arguments;
    assert.ok(typeof sets === 'object' && sets && 'bytes' in sets);
    const words = Array.from({ length: 6 }, (_, index) => sets.bytes.readUInt32LE(index * 4));
    assert.deepEqual(words, [1 << 5, 1 << 5, 0, 1 << 7, 1 << 7, 0]);
    assert.equal(
      show(call),
      'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=CAP_KILL|CAP_BPF, permitted=CAP_KILL|CAP_BPF, inheritable=0})',
    );
  });
});
