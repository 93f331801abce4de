// What went wrong in comparable tools, tried on this one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { inRepository } from '../support/repository.ts';
import { asOrdinary, inSandbox } from './support/callers.ts';
import { Machine } from './support/machine.ts';
import { inside } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';
import { numberOf } from './support/staged.ts';
import { Terminal } from './support/terminal.ts';

const ENTERED = 100;
const FOLDER = `/tmp/burrow-kernel-security-${process.pid}`;

const hashes = (): string[] =>
  ['dist/burrow.cjs', 'dist/stage'].map(file =>
    createHash('sha256')
      .update(readFileSync(inRepository(file)))
      .digest('hex'),
  );

describe('security', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  before(async () => {
    mkdirSync(FOLDER);
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

  const run = async (pid: number, script: string, more: { directory?: string } = {}): Promise<string> => {
    const { stdout, stderr } = await machine.call('process/run', { target: { pid }, command: ['sh', '-c', script], ...more });
    return stdout + stderr;
  };

  // CVE-2019-5736: the payload wrote to the program that entered, through /proc/PID/exe.
  it(`no program of the host can be written to through /proc/PID/exe while ${ENTERED} commands enter`, async () => {
    const before = hashes();
    const { pid } = await machine.create({ name: 'web' });
    const attack = 'while :; do for p in /proc/[0-9]*; do { echo x > $p/exe; } 2>/dev/null && echo "$p" >> /tmp/written; done; done';
    const attacker = await Terminal.open(machine, { target: { pid }, command: ['sh', '-c', `echo started > /tmp/started; ${attack}`] });
    await eventually('the attack', () => inside(pid, 'sh', '-c', 'cat /tmp/started 2>/dev/null || true') !== '');
    for (let count = 0; count < ENTERED; count++) await run(pid, ':');
    assert.deepEqual(hashes(), before);
    const written = inside(pid, 'sh', '-c', 'cat /tmp/written 2>/dev/null || true');
    assert.equal(written, '');
    await attacker.close();
    assert.match(await run(pid, 'echo x > /proc/1/exe'), /\/proc\/1\/exe: (Permission denied|Text file busy|Operation not permitted)/);
  });

  // CVE-2024-21626: a descriptor of the host that had leaked was taken for the working directory.
  it('no descriptor of the helper serves as a way out', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    for (let fd = 3; fd <= 30; fd++) {
      const directory = `/proc/self/fd/${fd}`;
      const said = await run(pid, 'pwd -P; ls -d .burrow-kernel 2>&1 >/dev/null | head -n 1; stat --format=%m .', { directory });
      assert.match(said, /^\/\n/, directory);
    }
  });

  /** Those of the init, by what they lead to. */
  const held = (pid: number): string =>
    machine.run('sh', '-c', `for f in /proc/${pid}/fd/*; do echo "${'$'}{f##*/} $(readlink $f)"; done | sort -n`);
  const silent = '0 /dev/null\n1 /dev/null\n2 /dev/null\n';

  it('a payload has the descriptors 0, 1 and 2, and its init /dev/null for each', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none', root: 'readonly' });
    assert.equal(await run(pid, 'ls /proc/self/fd'), '0\n1\n2\n3\n'); // 3 is ls reading the directory
    assert.equal(held(pid), silent);
  });

  it('what init holds of a thrown-away root, nobody inside gets hold of', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    assert.equal(held(pid), `${silent}200 /\n`);
    assert.match(await run(pid, 'ls /proc/1/fd/200/'), /Permission denied/);
    assert.match(await run(pid, 'ls /proc/1/root/ /proc/1/cwd/'), /Permission denied[\s\S]*Permission denied/);
    const call = (name: string, ...words: number[]): string =>
      `perl -e '$r = syscall(${[numberOf(name), ...words].join(', ')}); print $r < 0 ? 0 + $! : "ok"'`;
    assert.equal(await run(pid, call('ptrace', 16, 1, 0, 0)), String(constants.errno.EPERM)); // PTRACE_ATTACH
    const perl = `$p = syscall(${numberOf('pidfd_open')}, 1, 0); $r = syscall(${numberOf('pidfd_getfd')}, $p, 200, 0); print $r < 0 ? 0 + $! : "ok"`;
    assert.equal(await run(pid, `perl -e '${perl}'`), String(constants.errno.EPERM));
  });

  // CVE-2024-21626 again, from the side of whoever starts the helper.
  it('a directory that the helper was started with is no way out for what it starts', async () => {
    const served = await Machine.start({ prepare: `exec bash -c 'exec 7</ 251</; exec "$0" "$@"' "$0" "$@"` });
    try {
      const { pid } = await served.create({ name: 'web', network: 'none', root: 'readonly' });
      assert.equal(held(pid), silent);
      const { stdout } = await served.call('process/run', { target: { pid }, command: ['ls', '/proc/self/fd'] });
      assert.equal(stdout, '0\n1\n2\n3\n');
      const report = await served.call('sandbox/run', { definition: { name: 'run', network: 'none', command: ['ls', '/proc/self/fd'] } });
      assert.equal(report.stdout, '0\n1\n2\n3\n');
      await served.requireClean();
    } finally {
      await served.stop();
    }
  });

  // CVE-2019-16884 and its like: a file of the container is not what it is taken for.
  it('an /etc/passwd that is a link, a FIFO or without an end neither leads outside nor holds the helper', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    writeFileSync(`${FOLDER}/passwd`, 'outsider:x:4242:4242::/:/bin/sh\n');
    const tricks = [
      `ln -sf /proc/1/root${FOLDER}/passwd /etc/passwd`,
      `ln -sf ../../../../../..${FOLDER}/passwd /etc/passwd`,
      'mkfifo /etc/passwd',
      'ln -sf /dev/zero /etc/passwd',
    ];
    for (const trick of tricks) {
      inSandbox(pid, `rm -f /etc/passwd; ${trick}`);
      const failure = await machine.failure('process/run', { target: { pid }, command: ['true'], user: 'outsider' });
      assert.equal(failure.message, 'web knows no user called outsider.'.replace('web', `pid ${pid}`), trick);
      assert.equal(await run(pid, 'id -u'), '0\n');
    }
  });

  // CVE-2017-5226: keys that a payload pushes into the terminal reached the shell outside.
  it('TIOCSTI reaches no terminal but its own', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    const outer = await Terminal.open(machine, { target: { pid: machine.pid }, command: ['cat'] });
    const perl = 'my $x = "x"; for my $f (0, 1, 2) { open(my $t, "+<&=", $f); ioctl($t, 0x5412, $x) } print "tried\\n"';
    const inner = await Terminal.open(machine, { target: { pid }, command: ['perl', '-e', perl] });
    await inner.ended;
    await inner.see(/tried/);
    outer.type('end\n');
    await outer.see(/end\r\nend\r\n/);
    assert.equal(outer.output, 'end\r\nend\r\n');
    await outer.close();
  });

  it('root of a sandbox reaches neither the helper’s socket nor processes outside', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    assert.match(await run(pid, `ls ${machine.folder}`), /No such file or directory/);
    assert.match(await run(pid, `kill -0 ${machine.pid}`), /No such process/);
    // Where it may unmount, nothing of the host's comes to light.
    for (const place of ['/run', '/proc', '/dev'])
      assert.match(await run(pid, `umount ${place} && ls -A ${place}`), /^(umount: .*\n)?$/, place);
  });

  // Root inside may be root outside by its number: these take that for enough.
  it('root of a sandbox cannot turn the machine’s switches', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    await run(pid, 'umount /sys'); // what lies below it is no way either
    const switches = [
      '/proc/sys/kernel/core_pattern',
      '/proc/sys/kernel/hostname',
      '/proc/sysrq-trigger',
      '/sys/kernel/uevent_helper',
      '/sys/kernel/mm/ksm/run',
    ];
    for (const path of switches) assert.match(await run(pid, `: >> ${path}`), /Read-only file system|Permission denied|nonexistent/, path);
    assert.match(
      await run(pid, 'mount -t proc none /mnt && : >> /mnt/sys/kernel/core_pattern'),
      /not permitted|permission denied|Read-only/i,
    );
    assert.match(await run(pid, 'wc -c < /proc/kcore'), /^0$|No such file/m);
  });

  // CVE-2022-0492: release_agent of cgroup v1 from a user namespace with a cgroup namespace.
  it('root of a sandbox cannot mount cgroup v1', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    for (const controller of ['memory', 'pids', 'devices', 'freezer'])
      assert.doesNotMatch(
        await run(pid, `mkdir -p /tmp/c && mount -t cgroup -o ${controller} none /tmp/c && echo mounted`),
        /mounted\n$/,
        controller,
      );
  });

  // runc, CVE-2026-41579: a /dev that is a link took the set-up of devices outside.
  it('a root directory whose /dev is a link has no effect outside', async () => {
    const rootfs = `${FOLDER}/rootfs`;
    for (const name of ['proc', 'sys', 'run', 'tmp', 'outside']) mkdirSync(`${rootfs}/${name}`, { recursive: true });
    mkdirSync(`${FOLDER}/target`);
    symlinkSync(`../../../../../..${FOLDER}/target`, `${rootfs}/dev`);
    const failure = await machine.failure('sandbox/create', { definition: { name: 'web', root: { directory: rootfs } } });
    assert.equal(failure.kind, 'system');
    assert.equal(machine.run('ls', '-A', `${FOLDER}/target`), '');
  });

  it('a hostile environment does not reach a command', async () => {
    const { pid } = await machine.create({ name: 'web', network: 'none' });
    const { stdout } = await machine.call('process/run', { target: { pid }, command: ['env'] });
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => line.split('=')[0])
        .sort(),
      ['HOME', 'LANG', 'PATH', 'USER'],
    );
  });

  it('who asks is what the kernel says: a sandbox belongs to whoever made it', async () => {
    const served = await Machine.start({ user: 61_001 });
    try {
      const { stdout } = served.type(['call', 'sandbox/create', '{"definition":{"name":"web","network":"none"}}'], { as: asOrdinary });
      const { pid, uid } = JSON.parse(stdout);
      assert.equal(uid, 61_001);
      assert.match(served.run('cat', `/proc/${pid}/uid_map`), /^ +0 +61001 +1\n$/);
      await eventually('the record', () => /"act":"sandbox\/create","uid":61001,/.test(served.log));
      await served.requireClean();
    } finally {
      await served.stop();
    }
  });

  it('a shell of an ordinary user’s sandbox has no more groups than its maker', async () => {
    const served = await Machine.start({ user: 61_001 });
    try {
      const { stdout } = served.type(['call', 'sandbox/create', '{"definition":{"name":"web","network":"none"}}'], { as: asOrdinary });
      const { id } = JSON.parse(stdout);
      const answer = await served.call('process/run', { target: { sandbox: id }, command: ['grep', 'Groups', '/proc/self/status'] });
      assert.equal(answer.stdout.trim(), 'Groups:');
      await served.requireClean();
    } finally {
      await served.stop();
    }
  });
});
