import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ReadSysctl, whyRefused } from '../../../../helper/sandbox/namespace-refusals.ts';

const reading =
  (settings: Readonly<Record<string, string>>): ReadSysctl =>
  path =>
    settings[path];

describe('whyRefused', () => {
  it('names the setting that forbids user namespaces, and its other value', () => {
    assert.equal(
      whyRefused('EPERM', ['user'], reading({ 'kernel/unprivileged_userns_clone': '0' })),
      'with kernel.unprivileged_userns_clone at 0 this machine forbids new user namespaces: root allows them with sysctl kernel.unprivileged_userns_clone=1',
    );
    assert.equal(
      whyRefused('EPERM', ['user'], reading({ 'kernel/apparmor_restrict_unprivileged_userns': '1' })),
      'with kernel.apparmor_restrict_unprivileged_userns at 1 this machine forbids new user namespaces: root allows them with sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    );
  });

  it('knows of no setting where none forbids it', () => {
    const allowing = { 'kernel/unprivileged_userns_clone': '1', 'kernel/apparmor_restrict_unprivileged_userns': '0' };
    for (const settings of [allowing, {}])
      assert.equal(
        whyRefused('EPERM', ['user'], reading(settings)),
        'a security module or a seccomp filter of this machine forbids new namespaces: see its audit log',
      );
  });

  it('names the lowest limit of several, and what the kernel began with', () => {
    const limits = {
      'user/max_user_namespaces': '7',
      'user/max_net_namespaces': '5',
      'user/max_uts_namespaces': '0',
      'kernel/threads-max': '127001',
    };
    assert.equal(
      whyRefused('ENOSPC', ['user', 'net'], reading(limits)),
      'a limit of namespaces is reached: the lowest of them, user.max_net_namespaces, is 5; root raises it with sysctl user.max_net_namespaces=63500',
    );
  });

  it('says nothing where nothing is known', () => {
    assert.equal(whyRefused('ENOSPC', ['user'], reading({})), undefined);
    assert.equal(whyRefused('ENOMEM', ['user'], reading({})), undefined);
  });
});
