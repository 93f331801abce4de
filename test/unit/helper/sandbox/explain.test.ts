import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { explainPlan } from '../../../../helper/sandbox/explain.ts';
import type { Call } from '../../../../helper/stage/program.ts';
import { StageFailed } from '../../../../helper/stage/run.ts';
import { Refusal, SysError } from '../../../../helper/sys/errors.ts';

const definition = Definition.parse({ name: 'web' });
const call: Call = { call: 'mount', arguments: ['tmpfs', '/cache', 'tmpfs', 0, null] };

describe('explainPlan', () => {
  it('names the call, the object, the errno and the line, and what helps', () => {
    assert.deepEqual(explainPlan(new StageFailed(call, 7, constants.errno.ENOENT), definition, 12).failure, {
      kind: 'system',
      message: 'Could not make sandbox web: mount("tmpfs", "/cache", "tmpfs", 0, NULL): it does not exist (mount: ENOENT).',
      syscall: 'mount',
      errno: 'ENOENT',
      subject: 'mount("tmpfs", "/cache", "tmpfs", 0, NULL)',
      step: 12,
      hint: 'The directory must exist inside before something can be mounted there.',
    });
  });

  it('has a hint for a kernel without veth', () => {
    const { failure } = explainPlan(new SysError('RTM_NEWLINK', constants.errno.EOPNOTSUPP, 'veth pair a and b'), definition, undefined);
    assert.equal(failure.kind, 'unsupported');
    assert.equal(failure.hint, 'This kernel has no veth; use "network": "none".');
    assert.ok(!('step' in failure));
  });

  it('leaves a refusal as it is', () => {
    const refusal = new Refusal('taken', 'There is one already.');
    assert.equal(explainPlan(refusal, definition, 1), refusal);
  });
});
