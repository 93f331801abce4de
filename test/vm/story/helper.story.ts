// The ways in which the helper is started on a machine with systemd: from each, one sees, enters, and it ends without a trace.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { protocolVersion } from '../../../helper/protocol/methods.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { asAnn, burrow, call, helperPid, run, stayAsAnn, stopHelper, type } from './burrow.ts';

const cgroupOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim();
const loginctl = (...words: readonly string[]): string[] =>
  spawnSync('loginctl', [...words, '--value'], { encoding: 'utf8' })
    .stdout.split(/\s+/)
    .filter(Boolean);
/** Login sessions of a user, whom loginctl(1) does not know when there is none. A user's manager has one of its own since systemd 256. */
const sessionsOf = (user: string): string[] =>
  loginctl('show-user', user, '--property=Sessions').filter(id => loginctl('show-session', id, '--property=Class')[0] === 'user');

/** What every helper must do, however it was started. */
function serves(): void {
  it('sees, and enters a service with a network of its own', async () => {
    run('systemd-run', '--quiet', '--collect', '--unit=story-network', '--property=PrivateNetwork=yes', 'sleep', '3600');
    try {
      const container = await eventually('the service', async () => {
        const { containers } = await call('namespaces/snapshot', {});
        return containers.find(({ name }) => name === 'story-network.service');
      });
      // Not by /sys, which an older systemd leaves such a service from this machine.
      const { status, stdout, stderr } = type('exec', `container:${container.name}`, '--', 'ip', '-oneline', 'link');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^1: lo: .*\n$/);
    } finally {
      run('systemctl', 'stop', 'story-network.service');
    }
  });

  it('makes a sandbox and removes it', async () => {
    const { id, pid } = await call('sandbox/create', { definition: { name: 'story' } });
    assert.ok(pid && isAlive(pid));
    await call('sandbox/remove', { sandbox: id });
    assert.ok(!isAlive(pid));
  });
}

describe('a helper that a unit of systemd runs', () => {
  const unit = '/run/systemd/system/story-burrow.service';
  before(async () => {
    writeFileSync(unit, `[Service]\nExecStart=${burrow} serve\nKillMode=process\n`);
    run('systemctl', 'daemon-reload');
    run('systemctl', 'start', 'story-burrow.service');
    await eventually('the helper', () => type('call', 'helper/hello', JSON.stringify({ protocol: protocolVersion })).status === 0);
  });
  after(async () => {
    await stopHelper();
    rmSync(unit);
    run('systemctl', 'daemon-reload');
  });
  serves();
});

describe('a helper that root detached', () => {
  before(() => run(burrow, 'serve', '--detach'));
  after(stopHelper);
  serves();
});

describe('a helper that ann started with sudo in a session of hers', () => {
  before(() => asAnn(`sudo ${burrow} serve --detach`));
  after(stopHelper);
  serves();

  it('serves ann, whose sandbox it makes', () => {
    const made = asAnn(`${burrow} call sandbox/create '{"definition":{"name":"hers"}}'`);
    assert.match(made, /"uid": 1000/);
    assert.equal(asAnn(`${burrow} exec sandbox:hers -- id -u`), '0');
  });

  it('is no part of the session, and outlives its end, as the sandbox does', async () => {
    const helper = await helperPid();
    const { sandboxes } = await call('sandbox/list', {});
    const sandbox = sandboxes.find(({ name }) => name === 'hers')?.pid ?? 0;
    for (const pid of [helper, sandbox]) assert.doesNotMatch(cgroupOf(pid), /user\.slice|session-/);
    // Those of the tests before would be taken for it.
    await eventually('the end of the sessions before', () => sessionsOf('ann').length === 0, 60);
    const session = stayAsAnn();
    try {
      await eventually('a session of ann', () => sessionsOf('ann').length > 0, 60);
      run('loginctl', 'terminate-user', 'ann');
      await eventually('the end of the sessions of ann', () => sessionsOf('ann').length === 0, 60);
      await eventually('the end of her shell', () => session.exitCode !== null || session.signalCode !== null, 60);
    } finally {
      session.kill();
    }
    for (const pid of [helper, sandbox]) assert.ok(isAlive(pid), `${pid} lives`);
    await call('sandbox/remove', { sandbox: 'hers' });
    assert.ok(!isAlive(sandbox));
  });
});
