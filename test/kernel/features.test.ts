import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { protocolVersion } from '../../helper/protocol/methods.ts';
import type { Feature } from '../../helper/protocol/model.ts';
import { eventually } from '../support/eventually.ts';
import { inRepository } from '../support/repository.ts';

const burrow = [process.execPath, inRepository('dist/burrow.cjs')] as const;
const socket = '/run/burrow/helper.sock';
/** The limits of namespaces are of each user namespace by itself: those of this one are nobody else's. */
const apart = ['unshare', '--user', '--map-root-user', '--mount', '--propagation', 'private', '--net'] as const;

describe('features', () => {
  let helper: ChildProcess;
  const enter = (...command: readonly string[]) => {
    const where = ['--target', `${helper.pid}`, '--user', '--mount', '--net', '--preserve-credentials', '--'];
    return spawnSync('nsenter', [...where, ...command], { encoding: 'utf8' });
  };
  const inside = (...command: readonly string[]): string => {
    const { status, stdout, stderr } = enter(...command);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const asking = (method: string, params: object) => [...burrow, 'call', '--socket', socket, method, JSON.stringify(params)];
  const call = (method: string, params: object) => JSON.parse(inside(...asking(method, params)));
  const ask = (): Record<string, Feature> => call('helper/hello', { protocol: protocolVersion }).features;
  const set = (name: string, value: number): string => inside('sh', '-c', `echo ${value} > /proc/sys/user/${name}`);
  const absent = (features: Record<string, Feature>, ...names: readonly string[]) =>
    Object.fromEntries(names.flatMap(name => (features[name]?.available ? [] : [[name, features[name]?.reason]])));
  /** What of it depends on these limits. */
  const made = [
    ...['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'].map(type => `${type}-namespaces`),
    'sandboxes',
    'overlay',
    'mqueue',
  ];
  const usual = Math.floor(Number(readFileSync('/proc/sys/kernel/threads-max', 'utf8')) / 2);

  before(async () => {
    const serve = `mount -t tmpfs none /run && exec "$@" serve --socket ${socket}`;
    helper = spawn(apart[0], [...apart.slice(1), 'sh', '-ec', serve, 'sh', ...burrow], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    helper.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
    });
    await eventually('the helper', () => said.includes('serving on'));
  });
  after(async () => {
    helper.kill();
    if (helper.exitCode === null) await once(helper, 'exit');
  });

  it('are what this machine does when it is tried', () => assert.deepEqual(absent(ask(), ...made), {}));

  it('go away and come back with a limit, and the reason says how', () => {
    for (const type of ['user', 'net']) {
      const name = `max_${type}_namespaces`;
      const before = inside('cat', `/proc/sys/user/${name}`);
      set(name, 0);
      const reason = `a limit of namespaces is reached: user.${name} is 0; root raises it with sysctl user.${name}=${usual}`;
      assert.deepEqual(absent(ask(), ...made), { [`${type}-namespaces`]: reason, sandboxes: reason });
      const { notices } = call('sandbox/plan', { definition: { name: 'web', network: 'none' } });
      assert.ok(notices.includes(`No ${type} namespace can be made: ${reason}.`), notices.join('\n'));
      const without = call('sandbox/plan', { definition: { name: 'web', namespaces: ['uts'] } });
      assert.ok(!without.notices.some((each: string) => each.startsWith('No ')), 'nobody asked for one');
      set(name, usual);
      assert.deepEqual(absent(ask(), ...made), {});
      set(name, Number(before));
    }
  });

  it('come back when a limit is not reached any more, though nobody has changed it', async () => {
    const holder = spawn('nsenter', [
      '--target',
      `${helper.pid}`,
      '--user',
      '--preserve-credentials',
      'unshare',
      '--uts',
      'sleep',
      'infinity',
    ]);
    try {
      await eventually('a uts namespace', () => readFileSync(`/proc/${holder.pid}/comm`, 'utf8') === 'sleep\n');
      set('max_uts_namespaces', 1);
      const reason = `a limit of namespaces is reached: user.max_uts_namespaces is 1; root raises it with sysctl user.max_uts_namespaces=${usual}`;
      assert.deepEqual(absent(ask(), ...made), { 'uts-namespaces': reason, sandboxes: reason });
    } finally {
      holder.kill('SIGKILL');
    }
    await once(holder, 'exit');
    await eventually('what is tried again', () => Object.keys(absent(ask(), ...made)).length === 0);
  });

  it('that are missing are why a sandbox is not made', () => {
    set('max_mnt_namespaces', 0);
    const { status, stderr } = enter(...asking('sandbox/create', { definition: { name: 'web', namespaces: ['mnt'] } }));
    assert.equal(status, 1);
    const { syscall, errno, hint } = JSON.parse(stderr);
    assert.deepEqual([syscall, errno], ['unshare', 'ENOSPC']);
    assert.equal(
      hint,
      `A limit of namespaces is reached: user.max_mnt_namespaces is 0; root raises it with sysctl user.max_mnt_namespaces=${usual}.`,
    );
  });
});
