import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capabilities } from '../../../../helper/security/capabilities.ts';
import { type Confinement, confine } from '../../../../helper/security/confine.ts';
import { type Call, describe as show } from '../../../../helper/stage/program.ts';

const become: readonly Call[] = [{ call: 'setresuid', arguments: [7, 7, 7] }];
const all: Confinement = {
  limits: { nofile: 64 },
  capabilities: { kept: new Set(capabilities.filter(name => name === 'CAP_KILL')), last: 5 },
  noNewPrivileges: true,
  filter: Buffer.alloc(16),
};
const open: Confinement = { limits: {}, noNewPrivileges: false };
const lines = (confinement: Confinement, uid: number): string[] => confine(confinement, uid, become).map(show);
const capset = (names: string): string =>
  `capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=${names}, permitted=${names}, inheritable=0})`;

describe('confine', () => {
  it('limits, drops, becomes, and installs the filter at last', () => {
    assert.deepEqual(lines(all, 0), [
      'prlimit64(0, RLIMIT_NOFILE, {rlim_cur=64, rlim_max=64}, NULL)',
      'prctl(PR_CAPBSET_DROP, CAP_CHOWN)',
      'prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)',
      'prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH)',
      'prctl(PR_CAPBSET_DROP, CAP_FOWNER)',
      'prctl(PR_CAPBSET_DROP, CAP_FSETID)',
      'prctl(PR_SET_KEEPCAPS, 1)',
      'setresuid(7, 7, 7)',
      capset('CAP_KILL'),
      'prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)',
      'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=2, filter})',
    ]);
  });

  it('installs those of another process in their order, and its own after them', () => {
    const copied = [Buffer.alloc(8), Buffer.alloc(24)];
    assert.deepEqual(
      lines({ ...all, copied }, 0).slice(-3),
      [1, 3, 2].map(count => `seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=${count}, filter})`),
    );
    assert.ok(lines({ ...open, capabilities: { kept: new Set(), last: 0 }, copied }, 0).includes(capset('CAP_SYS_ADMIN')));
  });

  it('keeps what installs the filter where nothing else allows that', () => {
    assert.ok(lines({ ...all, noNewPrivileges: false }, 0).includes(capset('CAP_KILL|CAP_SYS_ADMIN')));
    assert.ok(lines({ ...all, noNewPrivileges: false }, 7).includes(capset('CAP_SYS_ADMIN')));
  });

  it('leaves no capability to who is not root', () => {
    assert.ok(lines(all, 7).includes(capset('0')));
    assert.ok(lines(open, 7).includes(capset('0')));
  });

  it('does nothing where nothing is wanted', () => assert.deepEqual(lines(open, 0), ['setresuid(7, 7, 7)']));
});
