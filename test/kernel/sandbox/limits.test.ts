// What a sandbox may use of the machine, and what ends it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hostHierarchies } from '../../../helper/cgroup/hierarchies.ts';
import { eventually, patience } from '../../support/eventually.ts';
import { descendants } from '../../support/processes.ts';
import { whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';
import { Terminal } from '../support/terminal.ts';

const MB = 1 << 20;
const hierarchies = hostHierarchies();
/** A perl that takes so much memory and touches all of it. */
const takes = (megabytes: number): string[] => ['perl', '-e', `my $x = "x" x (${megabytes} << 20); print length $x`];
/** Forks until it is refused, and tells how often it could and why not any more. */
const forks = [
  'perl',
  '-e',
  'for (1 .. 50) { my $pid = fork; if (!defined $pid) { print "refused ", $! + 0; last } if (!$pid) { sleep 60; exit } print "." }',
];
const spin = ['sh', '-c', 'while :; do :; done'];

/** A file of the sandbox's cgroup, wherever this host has it. */
const setting = (id: string, ...files: readonly string[]): string | undefined =>
  hierarchies
    .flatMap(({ mount }) => files.map(file => join(mount, 'burrow', id, file)))
    .filter(path => existsSync(path))
    .map(path => readFileSync(path, 'utf8').trim())[0];

for (const maker of whoMakes)
  describe(`limits, for ${maker.who}`, () => {
    const client = setClient(maker);

    it('memory: what needs more is killed, and the report says by what', async () => {
      const report = await client.run({ name: 'web', limits: { memory: '32M' }, command: takes(100) });
      assert.deepEqual([report.signal, report.endedBy, report.killedForMemory], ['SIGKILL', 'memory', 1]);
      assert.ok((report.memoryPeakBytes ?? 0) <= 32 * MB, `${report.memoryPeakBytes}`);
      assert.equal(report.stdout, '');
      const enough = await client.run({ name: 'web', limits: { memory: '256M' }, command: takes(100) });
      assert.deepEqual([enough.exitCode, enough.endedBy, enough.stdout], [0, undefined, `${100 * MB}`]);
    });

    it('memory: a tmpfs counts, and a command that is not init leaves the sandbox alive', async () => {
      const { id } = await client.create({ name: 'web', limits: { memory: '32M' } });
      const said = await client.inside(id, 'head -c 100000000 /dev/zero > /tmp/big; echo "status $?"; wc -c < /tmp/big');
      assert.doesNotMatch(said, /^status 0\n100000000$/);
      assert.ok((await client.call('sandbox/usage', { sandbox: id })).memoryPeakBytes ?? 0 <= 32 * MB);
      assert.equal((await client.call('sandbox/list', {})).sandboxes.length, 1);
    });

    it('processes: what is above is refused with EAGAIN, and counted', async () => {
      const report = await client.run({ name: 'web', limits: { processes: 10 }, command: forks });
      const [, forked = '', errno] = /^(\.*)refused (\d+)$/.exec(report.stdout) ?? [];
      assert.equal(errno, '11'); // EAGAIN
      assert.ok(forked.length >= 5 && forked.length < 10, report.stdout);
      assert.equal(report.exitCode, 0);
      assert.equal(report.refusedProcesses, 1);
      assert.equal(report.endedBy, undefined);
    });

    it('cpu: is what all processes together may use', async () => {
      const { id } = await client.create({ name: 'web', limits: { cpu: 0.1 } });
      const terminal = await Terminal.open(client.machine, {
        target: { sandbox: id },
        command: ['sh', '-c', 'while :; do :; done & while :; do :; done'],
      });
      // Whatever time it takes: it had to wait for its turn.
      await eventually('throttling', () => Number(/nr_throttled (\d+)/.exec(setting(id, 'cpu.stat') ?? '')?.[1]) > 0);
      await terminal.close();
    });

    it('cpuSeconds: ends a run, and the report says so', async () => {
      const report = await client.run({ name: 'web', limits: { cpuSeconds: 0.3 }, command: spin });
      assert.deepEqual([report.signal, report.endedBy], ['SIGKILL', 'cpuSeconds']);
      assert.ok((report.cpuSeconds ?? 0) >= 0.3);
      // Those of all processes together.
      const many = await client.run({
        name: 'web',
        limits: { cpuSeconds: 0.5 },
        command: ['sh', '-c', 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'],
      });
      assert.equal(many.endedBy, 'cpuSeconds');
    });

    it('wallSeconds: ends a run that does nothing', async () => {
      const report = await client.run({ name: 'web', limits: { wallSeconds: 0.3 }, command: ['sleep', '60'] });
      assert.deepEqual([report.signal, report.endedBy], ['SIGKILL', 'wallSeconds']);
      assert.ok(report.wallSeconds >= 0.3);
      const done = await client.run({ name: 'web', limits: { wallSeconds: 60 }, command: ['true'] });
      assert.deepEqual([done.exitCode, done.endedBy], [0, undefined]);
    });

    it('rlimits: are those of the command, and of what is opened later', async () => {
      const limits = { files: 40, rlimits: { core: 0, fsize: 65_536, stack: { soft: 1 << 20, hard: 2 << 20 }, nproc: 5000 } } as const;
      const wanted = {
        'Max open files': '40 40',
        'Max core file size': '0 0',
        'Max file size': '65536 65536',
        'Max stack size': `${1 << 20} ${2 << 20}`,
        'Max processes': '5000 5000',
      };
      const said = (text: string): Record<string, string> =>
        Object.fromEntries(
          Object.keys(wanted).map(name => [name, new RegExp(`^${name} +(\\S+) +(\\S+)`, 'm').exec(text)?.slice(1).join(' ') ?? '']),
        );
      const report = await client.run({ name: 'run', limits, command: ['cat', '/proc/self/limits'] });
      assert.deepEqual(said(report.stdout), wanted);
      const { id } = await client.create({ name: 'web', limits });
      assert.deepEqual(said(await client.inside(id, 'cat /proc/self/limits')), wanted);
      assert.match(await client.inside(id, 'ulimit -Hn 41'), /not permitted/);
    });

    it('fsize: a file that grows beyond it ends the run', async () => {
      const report = await client.run({
        name: 'web',
        limits: { rlimits: { fsize: 4096 } },
        command: ['perl', '-e', 'open my $f, ">", "/tmp/f"; syswrite $f, "x" x 4096; syswrite $f, "x"'],
      });
      assert.deepEqual([report.signal, report.endedBy], ['SIGXFSZ', 'fsize']);
    });

    it('files: one more is refused with EMFILE', async () => {
      const perl = 'my @f; for (1 .. 100) { open my $f, "<", "/dev/null" or do { print $! + 0; last }; push @f, $f }';
      const report = await client.run({ name: 'web', limits: { files: 20 }, command: ['perl', '-e', perl] });
      assert.equal(report.stdout, '24'); // EMFILE
    });

    it('a limit that this host has nowhere is named, and the sandbox is made without it', async () => {
      const limits = { ioWeight: 500, swap: '16M' } as const;
      const { id, notices } = await client.create({ name: 'web', limits });
      const { notices: planned } = await client.call('sandbox/plan', { definition: { name: 'other', limits, network: 'none' } });
      assert.deepEqual(notices, planned);
      // What it is not named for, it has.
      for (const [key, files] of [
        ['ioWeight', ['io.weight', 'io.bfq.weight', 'blkio.bfq.weight', 'blkio.weight']],
        ['swap', ['memory.swap.max', 'memory.memsw.limit_in_bytes']],
      ] as const)
        assert.notEqual(
          notices.some(notice => notice.startsWith(`limits.${key} is not kept: `)),
          setting(id, ...files) !== undefined && !notices.some(notice => notice.startsWith(`limits.${key}`)),
          key,
        );
      assert.equal(await client.inside(id, 'echo alive'), 'alive\n');
    });

    it('are changed while it runs, and what this sandbox cannot have is refused', async () => {
      const { id } = await client.create({ name: 'web', limits: { memory: '64M', processes: 100 } });
      const changed = await client.call('sandbox/update', { sandbox: id, limits: { memory: '32M', processes: 8 } });
      assert.deepEqual(changed.limits, { memory: 32 * MB, processes: 8 });
      assert.deepEqual((await client.call('sandbox/list', {})).sandboxes[0]?.limits, changed.limits);
      assert.equal(setting(id, 'memory.max', 'memory.limit_in_bytes'), String(32 * MB));
      assert.equal(setting(id, 'pids.max'), '8');
      const { stdout } = await client.call('process/run', { target: { sandbox: id }, command: forks, timeoutMs: 5000 * patience });
      assert.match(stdout, /^\.{1,7}refused 11/);
      const lifted = await client.call('sandbox/update', { sandbox: id, limits: { processes: null } });
      assert.deepEqual(lifted.limits, { memory: 32 * MB });
      assert.equal(setting(id, 'pids.max'), 'max');
      const unknown = await client.failure('sandbox/update', { sandbox: 'nobody', limits: {} });
      assert.deepEqual(unknown, { kind: 'unknown', message: 'There is no sandbox called nobody.', subject: 'nobody' });
      for (const [limits, message] of [
        [{ processes: 0 }, 'limits.processes must be at least 1.'],
        [{ memory: '12Q' }, 'limits.memory must be a size like 64M; 1.5G is written 1536M.'],
        [{ files: 10 }, '"limits.files" is not a key of sandbox/update.'],
      ] as const)
        assert.equal((await client.failure('sandbox/update', { sandbox: id, limits })).message, message);
    });

    it('usage tells what has been used so far', async () => {
      const { id } = await client.create({ name: 'web', limits: { memory: '64M', processes: 100 } });
      const before = await client.call('sandbox/usage', { sandbox: id });
      await client.inside(id, 'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done');
      const after = await client.call('sandbox/usage', { sandbox: id });
      assert.equal(after.processes, 1);
      assert.ok((after.memoryBytes ?? 0) > 0 && (after.memoryBytes ?? 0) <= (after.memoryPeakBytes ?? 0));
      if (before.cpuSeconds !== undefined) assert.ok((after.cpuSeconds ?? 0) > before.cpuSeconds);
    });

    it('hold for what is opened in it later, which sees the sandbox’s control groups as the root', async () => {
      const { id, pid } = await client.create({ name: 'web', limits: { memory: '64M', processes: 100, cpu: 2 } });
      const terminal = await Terminal.open(client.machine, {
        target: { sandbox: id },
        command: ['sh', '-c', 'echo started; cat /proc/self/cgroup; echo seen; exec sleep 600'],
      });
      const [, text = ''] = await terminal.see(/started\r\n([\s\S]*)seen/);
      const groups = (table: string): string[] =>
        table
          .split('\n')
          .filter(line => line.includes(`/burrow/${id}/inside`))
          .map(line => line.split(':')[1] ?? '')
          .sort();
      const inits = groups(readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
      const made = hierarchies.filter(({ mount }) => existsSync(join(mount, 'burrow', id, 'inside')));
      assert.ok(made.length > 0);
      assert.equal(inits.length, made.length, inits.join());
      const sleeper = descendants(client.machine.pid).find(each => readFileSync(`/proc/${each}/comm`, 'utf8') === 'sleep\n');
      assert.ok(sleeper !== undefined);
      assert.deepEqual(groups(readFileSync(`/proc/${sleeper}/cgroup`, 'utf8')), inits);
      const shown = text
        .trim()
        .split(/\r?\n/)
        .filter(line => inits.includes(line.split(':')[1] ?? ''));
      assert.deepEqual(
        shown.map(line => line.split(':')[2]),
        shown.map(() => '/'),
      );
      await terminal.close();
    });

    it('are not raised from inside, by whatever mount of control groups', async () => {
      // What can be mounted shows the part that is the sandbox's own, below the group that has the limits.
      const script = [
        'for c in memory pids cpu freezer; do mkdir -p /tmp/c/$c; mount -t cgroup -o $c none /tmp/c/$c; done',
        'mkdir -p /tmp/c/2; mount -t cgroup2 none /tmp/c/2',
        'for f in $(find /tmp/c /sys/fs/cgroup -name pids.max -o -name memory.max -o -name memory.limit_in_bytes -o -name cpu.cfs_quota_us); do echo -1 > $f; echo max > $f; done',
        'for f in $(find /tmp/c -name cgroup.procs -o -name tasks); do echo $$ > $f; done',
        'for d in $(find /tmp/c -maxdepth 1 -mindepth 1); do mkdir $d/below && echo $$ > $d/below/cgroup.procs; rmdir $d/below; done',
        'umount /tmp/c/*',
        `exec "$@"`,
      ].join('\n');
      for (const nested of [[], ['unshare', '--user', '--map-root-user', '--mount', '--cgroup']]) {
        const { id } = await client.create({ name: 'web', limits: { memory: '64M', processes: 20 } });
        const { stdout } = await client.call('process/run', {
          target: { sandbox: id },
          command: [...nested, 'sh', '-c', `(${script.replace('exec "$@"', ':')}) >/dev/null 2>&1; exec "$@"`, 'sh', ...forks],
          timeoutMs: 10_000 * patience,
        });
        assert.match(stdout, /^\.{1,19}refused 11/);
        assert.deepEqual([setting(id, 'memory.max', 'memory.limit_in_bytes'), setting(id, 'pids.max')], [String(64 * MB), '20']);
        await client.call('sandbox/remove', { sandbox: id });
      }
    });
  });
