import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inScope } from '../../../../helper/client/unit.ts';

describe('inScope', () => {
  it('asks the systemd of the machine for root, and their own for others', () => {
    assert.ok(!inScope('0a1b2c3d', 0, '/run/burrow/helper.sock').includes('--user'));
    assert.ok(inScope('0a1b2c3d', 1000, '/run/user/1000/burrow/helper.sock').includes('--user'));
  });

  it('ends where the command begins, and says which helper it is', () => {
    const words = inScope('0a1b2c3d', 0, '/run/other/helper.sock');
    assert.deepEqual([words[0], words.at(-1)], ['systemd-run', '--']);
    assert.ok(words.includes('--unit=burrow-helper-0a1b2c3d'));
    assert.ok(words.includes("--description=Burrow's helper on /run/other/helper.sock"));
  });
});
