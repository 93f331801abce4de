// A target comes to see programs of this machine that are in its pid or user namespace, and may look at all that they see.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { parseMountInfo } from '../../../helper/sys/procfs.ts';
import { Machine } from '../support/machine.ts';
import { Sleepers } from '../support/sleepers.ts';
import { statusOf } from './support/facts.ts';
import { type Entering, output, ways, whileThere } from './support/inside.ts';

const FOLDER = `/var/tmp/burrow-kernel-closed-${process.pid}`;
const forked = ['--pid', '--fork', '--kill-child', '--mount-proc'] as const;
/** It has what an engine leaves it, and one capability to look into others. */
const contained = ['setpriv', '--bounding-set', '-all,+chown,+setuid,+setgid,+setpcap,+sys_ptrace,+sys_admin'] as const;

describe('a command of this machine that a target comes to see', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    mkdirSync(FOLDER);
    writeFileSync(`${FOLDER}/secret`, 'of this machine');
    machine = await Machine.start();
  });
  afterEach(async () => {
    await sleepers.stop();
    await machine.requireClean();
  });
  after(async () => {
    await machine.stop();
    rmSync(FOLDER, { recursive: true });
  });

  const seesOnlyPrograms = async (entry: Entering): Promise<void> => {
    for (const way of ways)
      await whileThere(machine, way, entry, command => {
        const root = `/proc/${command}/root`;
        const outside = ['home', 'root', 'var', 'srv', 'opt', 'mnt'].filter(name => existsSync(`${root}/${name}`));
        assert.deepEqual(outside, [], JSON.stringify(entry));
        assert.deepEqual(
          readdirSync(`${root}/etc`).filter(name => !['ld.so.cache', 'alternatives'].includes(name)),
          [],
        );
        assert.ok(existsSync(`${root}/usr/bin`));
        const terminals = readdirSync(`${root}/dev/pts`);
        assert.equal(terminals.length, way === 'terminal' ? 1 : 0, terminals.join(' '));
        const mounts = parseMountInfo(readFileSync(`/proc/${command}/mountinfo`, 'utf8'));
        for (const { path, options, fileSystem } of mounts)
          if (!['tmpfs', 'devpts'].includes(fileSystem)) assert.ok(options.split(',').includes('ro'), `${path} ${options}`);
      });
  };

  it('sees the programs, and nothing else', async () => {
    const pid = await sleepers.start(...contained, 'unshare', '--mount', ...forked, 'sleep', '1000000');
    await seesOnlyPrograms({ target: { pid }, tools: '/' });
    await seesOnlyPrograms({ target: { pid, types: ['pid'] } });
  });

  it('sees no more in a user namespace, whoever may look into it there', async () => {
    const pid = await sleepers.start('unshare', '--user', '--map-root-user', '--mount', ...forked, 'sleep', '1000000');
    await seesOnlyPrograms({ target: { pid, types: ['user'] } });
    await seesOnlyPrograms({ target: { pid, types: ['pid', 'user'] }, tools: '/' });
  });

  it('may do no more than the processes that see it', async () => {
    const pid = await sleepers.start(...contained, 'unshare', '--mount', ...forked, 'sleep', '1000000');
    for (const entry of [{ target: { pid }, tools: '/' }, { target: { pid, types: ['pid' as const] } }])
      await whileThere(machine, 'run', entry, command => {
        assert.equal(statusOf(command, 'CapBnd'), statusOf(pid, 'CapBnd'));
        assert.equal(statusOf(command, 'CapEff'), statusOf(pid, 'CapBnd'));
        assert.equal(statusOf(command, 'NoNewPrivs'), '1');
      });
  });

  it('works all the same, also with programs of another directory', async () => {
    const pid = await sleepers.start('unshare', '--mount', '--net', ...forked, 'sleep', '1000000');
    const script = 'ip -br link; readlink -f /proc/self; cat "$BURROW_TARGET/etc/hostname"; mktemp; awk "BEGIN { print 1 + 1 }"';
    const said = await output(machine, 'run', { target: { pid }, tools: '/', command: ['sh', '-c', script] });
    assert.match(said, /^lo .*\n\/proc\/\d+\n.*\n\/tmp\/tmp\.\w+\n2\n$/);
    const tools = `${FOLDER}/tools`;
    mkdirSync(`${tools}/anywhere`, { recursive: true });
    mkdirSync(`${tools}/home`);
    machine.run('cp', '/bin/busybox', `${tools}/anywhere/busybox`);
    const listed = await output(machine, 'run', { target: { pid }, tools, command: ['/anywhere/busybox', 'ls', '/'] });
    assert.deepEqual(listed.split(/\s+/).filter(Boolean).sort(), ['anywhere', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp']);
    assert.deepEqual(readdirSync(tools).sort(), ['anywhere', 'home']);
  });

  it('keeps all of this machine’s files where the target does not see it', async () => {
    const pid = await sleepers.start('unshare', '--mount', '--net', 'sleep', '1000000');
    await whileThere(machine, 'run', { target: { pid, types: ['net'] } }, command => {
      assert.ok(statSync(`/proc/${command}/root${FOLDER}/secret`).isFile());
    });
  });
});
