import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limit, resources } from '../../../../helper/security/rlimits.ts';
import { describe as show } from '../../../../helper/stage/program.ts';
import { inC } from '../../../support/headers.ts';

describe('resources', () => {
  it('have the numbers of asm/resource.h, and it has no more', () => {
    const ours = new Map(Object.entries(resources).map(([name, number]) => [`RLIMIT_${name.toUpperCase()}`, number]));
    const theirs = inC([...ours.keys(), 'RLIM_NLIMITS']);
    assert.equal(ours.size, theirs.get('RLIM_NLIMITS'));
    theirs.delete('RLIM_NLIMITS');
    assert.deepEqual(theirs, ours);
  });
});

describe('limit', () => {
  it('is one call for each limit', () => {
    const calls = limit({ nofile: 64, core: { soft: 0, hard: 'unlimited' }, fsize: 'unlimited' });
    assert.deepEqual(calls.map(show), [
      'prlimit64(0, RLIMIT_CORE, {rlim_cur=0, rlim_max=RLIM64_INFINITY}, NULL)',
      'prlimit64(0, RLIMIT_FSIZE, {rlim_cur=RLIM64_INFINITY, rlim_max=RLIM64_INFINITY}, NULL)',
      'prlimit64(0, RLIMIT_NOFILE, {rlim_cur=64, rlim_max=64}, NULL)',
    ]);
    const [, , value] = calls[0]?.arguments ?? [];
    assert.ok(typeof value === 'object' && value && 'bytes' in value);
    assert.deepEqual([value.bytes.readBigUInt64LE(0), value.bytes.readBigUInt64LE(8)], [0n, 0xffff_ffff_ffff_ffffn]);
  });

  it('is none without a limit', () => assert.deepEqual(limit({}), []));
});
