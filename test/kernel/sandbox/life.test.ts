// How sandboxes and the runs in them begin, what is told to them meanwhile, and how they end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { afterEach, describe, it } from 'node:test';
import { Helper } from '../../../helper/client/connect.ts';
import { eventually } from '../../support/eventually.ts';
import { descendants, isAlive, processes } from '../../support/processes.ts';
import { freezerOf } from '../entry/support/freezer.ts';
import { ordinary, whoMakes } from '../support/callers.ts';
import { setClient } from '../support/client.ts';
import { Door } from '../support/door.ts';
import { inodesOf } from '../support/namespaces.ts';

interface Ending {
  readonly exitCode?: number;
  readonly signal?: string;
}

for (const maker of whoMakes)
  describe(`life, for ${maker.who}`, () => {
    const client = setClient(maker);
    const listed = async (): Promise<string[]> => (await client.call('sandbox/list', {})).sandboxes.map(({ name }) => name);

    const endings: readonly { what: string; command: string[]; ending: Ending; asFirst?: Ending }[] = [
      { what: 'exit code 0', command: ['true'], ending: { exitCode: 0 } },
      { what: 'exit code 255', command: ['sh', '-c', 'exit 255'], ending: { exitCode: 255 } },
      // As pid 1 a process gets no signal from inside that it has no handler for, pid_namespaces(7).
      { what: 'SIGKILL', command: ['sh', '-c', 'kill -KILL $$; exit 6'], ending: { signal: 'SIGKILL' }, asFirst: { exitCode: 6 } },
      { what: 'SIGTERM', command: ['sh', '-c', 'kill -TERM $$; exit 6'], ending: { signal: 'SIGTERM' }, asFirst: { exitCode: 6 } },
      { what: 'SIGSEGV', command: ['perl', '-e', 'unpack "p", pack "J", 16'], ending: { signal: 'SIGSEGV' } },
      {
        what: 'abort(3)',
        command: ['perl', '-MPOSIX', '-e', 'POSIX::abort()'],
        ending: { signal: 'SIGABRT' },
        // Without the signal it ends with an instruction that faults: hlt on x86-64, brk on arm64.
        asFirst: { signal: process.arch === 'arm64' ? 'SIGTRAP' : 'SIGSEGV' },
      },
      { what: 'a code like that of a signal', command: ['sh', '-c', 'exit 137'], ending: { exitCode: 137 } },
      { what: 'an orphan that stays behind', command: ['sh', '-c', 'sleep 600 & exit 3'], ending: { exitCode: 3 } },
    ];
    for (const init of [true, false] as const)
      for (const { what, command, ending, asFirst = ending } of endings)
        it(`a run ends with ${what}, ${init ? 'below init' : 'as pid 1'}`, async () => {
          const report = await client.run({ name: 'web', init, command });
          const { exitCode, signal } = init ? ending : asFirst;
          assert.deepEqual([report.exitCode, report.signal], [exitCode, signal], JSON.stringify(report));
          assert.equal(report.endedBy, undefined);
          assert.ok(report.wallSeconds > 0);
          assert.deepEqual(await listed(), []);
        });

    it('one that stands frozen goes like any other', async () => {
      const { id, pid } = await client.create({ name: 'web' });
      const freezer = freezerOf(pid);
      assert.ok(freezer, 'a group of its own');
      await freezer.freeze();
      await client.call('sandbox/remove', { sandbox: id });
      assert.ok(!isAlive(pid));
      assert.deepEqual(await listed(), []);
    });

    it('one in which no process stays takes along what runs in it', async () => {
      const namespaces = { pid: false, mnt: false };
      const { id } = await client.call('sandbox/create', { definition: { name: 'web', init: 'none', namespaces } });
      const command = ['sleep', `600${id.replace(/\D/g, '')}`];
      const running = client.call('process/run', { target: { sandbox: id }, command });
      await eventually('the command', () => processes().some(each => each.command === command.join(' ')));
      await client.call('sandbox/remove', { sandbox: id });
      assert.equal((await running).signal, 'SIGKILL');
    });

    it('a run reads its input and writes both its streams', async () => {
      const report = await client.run({ name: 'web', command: ['sh', '-c', 'cat; echo err >&2; read x || echo end'] }, 'from outside\n');
      assert.deepEqual([report.stdout, report.stderr, report.cut], ['from outside\nend\n', 'err\n', false]);
      const much = await client.run({ name: 'web', command: ['head', '-c', '3000000', '/dev/zero'] });
      assert.deepEqual([much.stdout.length, much.cut, much.exitCode], [1 << 20, true, 0]);
      const unread = await client.run({ name: 'web', command: ['true'] }, 'x'.repeat(1 << 20));
      assert.equal(unread.exitCode, 0);
    });

    it('init: true has the command below it, false has it as pid 1', async () => {
      const command = ['sh', '-c', 'echo $$ $PPID; cat /proc/1/comm'];
      const below = await client.run({ name: 'web', command });
      assert.match(below.stdout, /^2 1\nburrow-init\n$/);
      const first = await client.run({ name: 'web', init: false, command });
      assert.match(first.stdout, /^1 0\nsh\n$/);
      const made = await client.create({ name: 'web', init: false, command: ['sleep', '600'] });
      assert.equal(readFileSync(`/proc/${made.pid}/comm`, 'utf8'), 'sleep\n');
      assert.equal(await client.inside(made.id, 'cat /proc/1/comm'), 'sleep\n');
      // Its end is the sandbox's.
      process.kill(made.pid, 'SIGKILL');
      await eventually('an empty list', async () => (await listed()).length === 0);
    });

    it('environment, directory, umask and hostname are those of the definition, also for what is opened later', async () => {
      const definition = {
        name: 'web',
        hostname: 'db.test',
        domainname: 'nis.test',
        environment: { COLOUR: 'red', PATH: '/usr/bin:/bin' },
        directory: '/usr/share',
        security: { umask: '027' },
      } as const;
      const script = 'echo $COLOUR; echo $PATH; pwd; umask; hostname; cat /proc/sys/kernel/domainname';
      const wanted = 'red\n/usr/bin:/bin\n/usr/share\n0027\ndb.test\nnis.test\n';
      assert.equal((await client.run({ ...definition, command: ['sh', '-c', script] })).stdout, wanted);
      const { id } = await client.create(definition);
      assert.equal(await client.inside(id, script), wanted);
      assert.notEqual(client.machine.run('hostname').trim(), 'db.test');
    });

    it('init takes in orphans, and knows them no more when they have ended', async () => {
      const { id, pid } = await client.create({ name: 'web' });
      await client.inside(id, '(sh -c "sleep 0.1 & sleep 0.2 &" &) ; (sleep 600 >/dev/null 2>&1 &); sleep 0');
      await eventually('no zombies', () => descendants(pid).length === 1);
      assert.match(await client.inside(id, 'grep -h "^PPid" /proc/[0-9]*/status | sort | uniq -c'), /PPid:\t1\n/);
      assert.equal(await client.inside(id, 'grep -l "State:.Z" /proc/[0-9]*/status'), '');
    });

    it('a signal reaches the command of a run, and a sandbox without one is ended by SIGTERM', async () => {
      const running = client.run({
        name: 'run',
        command: ['sh', '-c', 'trap "echo got it; exit 9" USR1; echo ready > /tmp/ready; while :; do sleep 0.05; done'],
      });
      await eventually('the command', async () => {
        if (!(await listed()).includes('run')) return false;
        return (await client.inside('run', 'cat /tmp/ready 2>/dev/null')) === 'ready\n';
      });
      await client.call('sandbox/signal', { sandbox: 'run', signal: 'SIGUSR1' });
      const report = await running;
      assert.deepEqual([report.exitCode, report.stdout], [9, 'got it\n']);
      const { id } = await client.create({ name: 'web' });
      assert.deepEqual(await client.failure('sandbox/signal', { sandbox: id, signal: 'SIGNONE' }), {
        kind: 'invalid',
        message: 'SIGNONE is no signal of Linux.',
        subject: 'SIGNONE',
      });
      await client.call('sandbox/signal', { sandbox: id, signal: 'SIGTERM' });
      await eventually('an empty list', async () => (await listed()).length === 0);
    });

    it('onExit keep: what a run has left is there, and can be entered', async () => {
      const report = await client.run({ name: 'web', onExit: 'keep', command: ['sh', '-c', 'echo left > /tmp/left; exit 4'] });
      assert.equal(report.exitCode, 4);
      assert.deepEqual(await listed(), ['web']);
      assert.equal(await client.inside('web', 'cat /tmp/left; cat /proc/1/comm'), 'left\nburrow-init\n');
      await client.call('sandbox/remove', { sandbox: 'web' });
    });

    it('remove ends all that is in it, with a pid namespace and without, however fast it forks', async () => {
      const bomb = 'sub f { while (1) { my $p = fork; exit if defined $p && $p; } } for (1 .. 8) { f() unless fork } sleep 600';
      for (const namespaces of [undefined, { pid: false }] as const) {
        const { id } = await client.create({ name: 'web', limits: { processes: 60 }, ...(namespaces && { namespaces }) });
        await client.call('process/run', { target: { sandbox: id }, command: ['sh', '-c', `perl -e '${bomb}' >/dev/null 2>&1 &`] });
        await Promise.all([client.call('sandbox/remove', { sandbox: id }), client.call('sandbox/remove', { sandbox: id })]);
        await client.call('sandbox/remove', { sandbox: id });
        await client.call('sandbox/remove', { sandbox: 'web' });
        assert.deepEqual(await listed(), []);
        await client.machine.requireClean();
      }
    });

    it('persist: a sandbox that is not to outlive its maker goes with the connection', async () => {
      const door = maker === ordinary ? await Door.open(client.machine.socket, maker.uid) : undefined;
      const helper = door?.helper ?? (await Helper.reach(client.machine.socket));
      const [gone, stays] = await Promise.all(
        [false, true].map(persist =>
          helper.request('sandbox/create', { definition: { name: persist ? 'stays' : 'gone', network: 'none', persist } }),
        ),
      );
      assert.deepEqual((await listed()).sort(), ['gone', 'stays']);
      if (door) await door.close();
      else helper[Symbol.dispose]();
      await eventually('the end of the one', async () => (await listed()).join() === 'stays');
      assert.ok(stays?.pid !== undefined && isAlive(stays.pid));
      assert.ok(gone?.pid !== undefined && !isAlive(gone.pid));
    });

    it('a run whose client goes is ended, and nothing of it is left', async () => {
      const door = await Door.open(client.machine.socket, maker.uid);
      const asked = door.helper
        .request('sandbox/run', { definition: { name: 'web', network: 'none', command: ['sleep', '600'] } })
        .catch(() => undefined);
      await eventually('the run', async () => (await listed()).length === 1);
      await door.close();
      await asked;
      await eventually('its end', async () => (await listed()).length === 0);
    });
  });

for (const maker of whoMakes)
  describe(`without any process, for ${maker.who}`, () => {
    const client = setClient(maker, { onOneProcessor: true });
    afterEach(() => client.machine.requireClean());
    const definition = { name: 'web', init: 'none', namespaces: { pid: false }, hostname: 'kept.test', network: 'link' } as const;

    it('namespaces are kept by themselves, entered by commands and terminals, and removed', async () => {
      const made = await client.make(definition);
      assert.equal(made.pid, undefined);
      const ours = inodesOf(client.machine.pid);
      for (const type of ['net', 'mnt', 'uts', 'ipc', 'user'] as const) assert.notEqual(made.namespaces[type], ours[type], type);
      const script = 'hostname; ip -o -4 address | wc -l; id -u; for t in net mnt uts ipc user; do readlink /proc/self/ns/$t; done';
      const wanted = ['net', 'mnt', 'uts', 'ipc', 'user'].map(type => `${type}:[${made.namespaces[type as 'net']}]\n`).join('');
      assert.equal(await client.inside('web', script), `kept.test\n2\n0\n${wanted}`);
      const held = client.machine
        .run('cat', `/proc/${client.machine.pid}/mountinfo`)
        .split('\n')
        .filter(line => line.includes(' - nsfs '));
      assert.ok(held.length >= 5);
      await client.call('sandbox/remove', { sandbox: 'web' });
      const left = client.machine
        .run('cat', `/proc/${client.machine.pid}/mountinfo`)
        .split('\n')
        .filter(line => line.includes(' - nsfs '));
      assert.deepEqual(left, []);
    });

    it('they outlive the helper, and the next one removes them', async () => {
      const made = await client.make(definition);
      await client.machine.kill();
      await client.machine.startHelper();
      assert.deepEqual((await client.machine.call('sandbox/list', {})).sandboxes, [made]);
      const { stdout } = await client.machine.call('process/run', { target: { sandbox: 'web' }, command: ['hostname'] });
      assert.equal(stdout, 'kept.test\n');
      await client.machine.call('sandbox/remove', { sandbox: 'web' });
    });
  });

for (const maker of whoMakes)
  describe(`after kill -9 of the helper, for ${maker.who}`, () => {
    const client = setClient(maker);

    it('one that persists is adopted with all its terms, and one that does not is gone', async () => {
      const { machine } = client;
      const stays = await client.create({
        name: 'stays',
        limits: { processes: 20 },
        environment: { COLOUR: 'red' },
        security: { capabilities: ['CAP_KILL'] },
      });
      const goes = await client.create({ name: 'goes', persist: false });
      await machine.kill();
      await eventually('the end of the one', () => !isAlive(goes.pid));
      assert.ok(isAlive(stays.pid));
      await machine.startHelper();
      await eventually(
        'one sandbox',
        async () => (await machine.call('sandbox/list', {})).sandboxes.map(({ name }) => name).join() === 'stays',
      );
      const { stdout } = await machine.call('process/run', {
        target: { sandbox: 'stays' },
        command: ['sh', '-c', 'echo $COLOUR; grep CapEff /proc/self/status'],
      });
      assert.equal(stdout, `red\nCapEff:\t${'20'.padStart(16, '0')}\n`);
      const changed = await machine.call('sandbox/update', { sandbox: 'stays', limits: { processes: 5 } });
      assert.deepEqual(changed.limits, { processes: 5 });
      const forks = await machine.call('process/run', {
        target: { sandbox: 'stays' },
        command: ['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done 2>&1'],
      });
      assert.match(forks.stdout + forks.stderr, /Cannot fork|Resource temporarily unavailable/);
      assert.equal(constants.signals.SIGKILL, 9);
      await machine.call('sandbox/remove', { sandbox: 'stays' });
      assert.ok(!isAlive(stays.pid));
    });
  });
