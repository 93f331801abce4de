import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, it } from 'node:test';
import { errnoName, Refusal, SysError, toFailure } from '../../../../helper/sys/errors.ts';

describe('errnoName', () => {
  it('is the symbol', () => assert.equal(errnoName(constants.errno.EPERM), 'EPERM'));
  it('is the number where there is no symbol', () => assert.equal(errnoName(600), 'errno 600'));
});

describe('SysError', () => {
  it('says call, object and errno', () => {
    assert.equal(new SysError('setns', constants.errno.EPERM, 'net of pid 812').message, 'setns: net of pid 812: EPERM');
  });
});

describe('toFailure', () => {
  it('says in words what an errno means', () => {
    assert.deepEqual(toFailure(new SysError('setns', constants.errno.EPERM, 'net of pid 812'), 'Could not enter web'), {
      kind: 'denied',
      message: 'Could not enter web: net of pid 812: this needs more privileges (setns: EPERM).',
      syscall: 'setns',
      errno: 'EPERM',
      subject: 'net of pid 812',
    });
  });

  it('reads an error of node:fs the same way', () => {
    try {
      readFileSync('/nowhere/at/all');
      assert.fail('there is such a file');
    } catch (error) {
      assert.deepEqual(toFailure(error, 'Could not look'), {
        kind: 'system',
        message: 'Could not look: /nowhere/at/all: it does not exist (open: ENOENT).',
        syscall: 'open',
        errno: 'ENOENT',
        subject: '/nowhere/at/all',
      });
    }
  });

  it('leaves a refusal in its own words', () => {
    const refusal = new Refusal('taken', 'There is one already.', { subject: 'web', hint: 'Choose another name.' });
    assert.deepEqual(toFailure(refusal, 'Could not'), {
      kind: 'taken',
      message: 'There is one already.',
      subject: 'web',
      hint: 'Choose another name.',
    });
  });

  it('makes a sentence of anything else', () => {
    assert.deepEqual(toFailure(new Error('broken'), 'Could not scan'), { kind: 'system', message: 'Could not scan: broken.' });
    assert.deepEqual(toFailure('broken', 'Could not scan'), { kind: 'system', message: 'Could not scan: broken.' });
  });
});
