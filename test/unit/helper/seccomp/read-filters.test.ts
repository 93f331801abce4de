import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasSupervisor } from '../../../../helper/seccomp/read-filters.ts';
import { seccompReturn } from '../../../../helper/sys/flags.ts';

/** struct sock_filter[] of code and k. */
const filterOf = (...instructions: readonly (readonly [number, number])[]): Buffer => {
  const filter = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, k], index) => {
    filter.writeUInt16LE(code, index * 8);
    filter.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return filter;
};
const RETURN = 0x06;

describe('hasSupervisor', () => {
  it('finds the answer that hands a call over, whatever its data', () => {
    for (const data of [0, 1, 0xffff])
      assert.ok(hasSupervisor(filterOf([RETURN, seccompReturn.SECCOMP_RET_ALLOW], [RETURN, seccompReturn.SECCOMP_RET_USER_NOTIF + data])));
  });

  it('takes no other answer for it, and no other number that looks like it', () => {
    for (const [name, answer] of Object.entries(seccompReturn))
      if (name !== 'SECCOMP_RET_USER_NOTIF') assert.ok(!hasSupervisor(filterOf([RETURN, answer])), name);
    assert.ok(!hasSupervisor(filterOf([0x15, seccompReturn.SECCOMP_RET_USER_NOTIF], [RETURN, seccompReturn.SECCOMP_RET_ALLOW])));
    assert.ok(!hasSupervisor(Buffer.alloc(0)));
  });
});
