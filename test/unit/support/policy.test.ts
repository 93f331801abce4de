import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { inRepository } from '../../support/repository.ts';

const answer = (environment: Readonly<Record<string, string>>): number | null =>
  spawnSync(inRepository('test/support/policy-rc.d'), ['docker', 'start'], { env: { PATH: '/usr/bin:/bin', ...environment } }).status;

describe('the policy while packages are installed', () => {
  // 101: the action is forbidden by policy (README.policy-rc.d).
  it('forbids what they start', () => assert.equal(answer({ BURROW_STARTS_NOTHING: '1' }), 101));
  it('lets everything else on the machine be started', () => assert.equal(answer({}), 0));
});
