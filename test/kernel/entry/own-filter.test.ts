// A command under the seccomp filters of the process whose place it takes, which is stopped for a moment to read them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { after, afterEach, before, describe, it } from 'node:test';
import { readFilters } from '../../../helper/seccomp/read-filters.ts';
import { stages } from '../../../helper/stage/waiting.ts';
import { syscallNumber } from '../../../helper/sys/syscalls.ts';
import { eventually } from '../../support/eventually.ts';
import { Machine } from '../support/machine.ts';
import { numberOf, Staged } from '../support/staged.ts';
import { answering, Filtered, failing, SUPERVISED } from './support/filtered.ts';

const { ENOMSG, ENOSYS, EPERM, ETIME } = constants.errno;
/** Two calls that change nothing where they are allowed, and that nobody needs. */
const [FIRST, SECOND] = [numberOf('sched_getscheduler'), numberOf('sched_yield')];
const older = answering({ [FIRST]: failing(ENOMSG) });
/** Under it no other one can be installed, so that the order tells. */
const newer = answering({ [SECOND]: failing(ETIME), [syscallNumber.seccomp]: failing(EPERM) });
/** What these two calls come to. */
const asking = ['perl', '-e', `for my $call (${FIRST}, ${SECOND}) { $! = 0; syscall($call, 0); print $! + 0, " "; }`];
const fieldOf = (pid: number, name: string): string | undefined =>
  new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];

describe('a command under the own filters of a process', () => {
  let machine: Machine;
  /** The stage of this test's build, which what is called here and not by the helper needs too. */
  const staged = new Staged();
  const started: Filtered[] = [];
  const start = async (...given: Parameters<typeof Filtered.start>): Promise<number> => {
    const filtered = await Filtered.start(...given);
    started.push(filtered);
    return filtered.pid;
  };
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(async () => {
    for (const each of started.splice(0)) await each.end();
    await machine.requireClean();
  });
  after(async () => {
    stages.end();
    staged[Symbol.dispose]();
    await machine.stop();
  });
  const run = (pid: number, more: object = { filter: 'own' }) => machine.call('process/run', { target: { pid }, command: asking, ...more });
  const refused = (pid: number, more: object = {}) =>
    machine.failure('process/run', { target: { pid }, command: asking, filter: 'own', ...more });

  it('reads them as they were installed, the oldest first', async () => {
    const pid = await start([older, newer]);
    assert.deepEqual(await readFilters(pid, 2, 'it'), [older, newer]);
    assert.equal(fieldOf(pid, 'TracerPid'), '0');
    await assert.rejects(readFilters(pid, 1, 'it'), {
      failure: { kind: 'gone', message: 'it has come under another filter meanwhile.', hint: 'Try it again.' },
    });
  });

  it('has both, in their order, and says that the process was stopped', async () => {
    const pid = await start([older, newer]);
    const { stdout, notices } = await run(pid);
    assert.equal(stdout, `${ENOMSG} ${ETIME} `);
    assert.ok(
      notices.includes('the seccomp filter of perl holds this shell; to read it perl was stopped for a moment'),
      notices.join('\n'),
    );
    const { stdout: status } = await run(pid, { filter: 'own', command: ['cat', '/proc/self/status'] });
    assert.match(status, /^Seccomp_filters:\t2$/m);
  });

  it('has Burrow’s where nobody asks, and is told what it costs to ask', async () => {
    const pid = await start([older, newer]);
    const { stdout, notices } = await run(pid, {});
    assert.doesNotMatch(stdout, new RegExp(`^${ENOMSG} `));
    assert.ok(
      notices.some(each => each.includes('to read that of perl it must be stopped for a moment')),
      notices.join('\n'),
    );
  });

  it('has none where the process has none', async () => {
    const pid = await start([]);
    const { notices } = await run(pid);
    assert.ok(!notices.some(each => each.includes('seccomp')), notices.join('\n'));
  });

  it('has as many as a process can be expected to have, and no more', async () => {
    const many = Array.from({ length: 100 }, (_, index) => answering({ [FIRST]: failing(index + 1) }));
    const pid = await start(many);
    assert.deepEqual(await readFilters(pid, many.length, 'it'), many);
    await assert.rejects(readFilters(pid, 129, 'it'), {
      failure: { kind: 'unsupported', message: 'it is under 129 seccomp filters; Burrow takes at most 128 over.', subject: 'it' },
    });
  });

  it('costs the process no signal', async () => {
    const signals = 4000;
    // A real-time signal is queued each time, and a handler of POSIX is called each time; perl's own takes several for one.
    const count = 'use POSIX; POSIX::sigaction(40, POSIX::SigAction->new(sub { syswrite STDOUT, "x" })) or die;';
    const filtered = await Filtered.start([older], `${count} print "set\\n"; select undef, undef, undef, 0.001 while 1;`);
    started.push(filtered);
    await eventually('its handler', () => filtered.said.includes('set\n'));
    // From another process, at full speed: what comes between the hold and the stop is what could be lost.
    const send = `for (1..${signals}) { kill 40, ${filtered.pid} or die "kill: $!"; select undef, undef, undef, 0.0005 if $_ % 5 == 0 }`;
    const sender = spawn('perl', ['-e', send], { stdio: 'inherit' });
    const sent = once(sender, 'exit');
    for (let reads = 0; sender.exitCode === null || reads === 0; reads++)
      assert.deepEqual(await readFilters(filtered.pid, 1, 'it'), [older]);
    assert.deepEqual(await sent, [0, null]);
    await eventually('every signal', () => filtered.said.split('x').length - 1 === signals);
  });

  it('may be asked for by several at a time', async () => {
    const pid = await start([older]);
    const all = await Promise.all(Array.from({ length: 8 }, () => run(pid)));
    assert.deepEqual(
      all.map(({ stdout }) => stdout.split(' ')[0]),
      all.map(() => `${ENOMSG}`),
    );
  });

  it('leaves a process that stands still standing still', async () => {
    const pid = await start([older]);
    process.kill(pid, 'SIGSTOP');
    await eventually('its stop', () => fieldOf(pid, 'State') === 'T');
    assert.equal((await run(pid)).stdout.split(' ')[0], `${ENOMSG}`);
    assert.equal(fieldOf(pid, 'State'), 'T');
  });

  it('is refused what a supervisor would answer, and says so', async () => {
    const pid = await start([answering({ [FIRST]: SUPERVISED })]);
    const { stdout, notices } = await run(pid);
    assert.equal(stdout.split(' ')[0], `${ENOSYS}`);
    assert.ok(notices.includes('system calls that a supervisor answers for perl fail in this shell (ENOSYS)'), notices.join('\n'));
  });

  it('is not started where they let nothing be executed', async () => {
    const pid = await start([answering({ [syscallNumber.execve]: failing(EPERM) })]);
    const failure = await refused(pid);
    assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['denied', 'execve', 'EPERM']);
    assert.equal(failure.message, `The seccomp filter of pid ${pid} lets nothing be started under it.`);
  });

  it('is not started where somebody traces the process', async () => {
    const pid = await start([older]);
    const seize = `syscall(${syscallNumber.ptrace}, 0x4206, ${pid}, 0, 0) == 0 or die "ptrace: $!"; $| = 1; print "seized"; sleep 1000000;`;
    const tracer = spawn('perl', ['-e', seize], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(tracer.stdout, 'data');
      const failure = await refused(pid);
      assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['denied', 'ptrace', 'EPERM']);
    } finally {
      tracer.kill('SIGKILL');
      await once(tracer, 'exit');
    }
  });

  it('is not started beside it', async () => {
    const pid = await start([older]);
    assert.equal((await refused(pid, { tools: '/' })).kind, 'invalid');
    assert.equal((await refused(pid, { target: { pid, types: ['uts'] } })).kind, 'invalid');
  });

  it('is asked for on the command line', async () => {
    const pid = await start([older, newer]);
    const { stdout, stderr } = machine.type(['exec', '--filter', 'own', `pid:${pid}`, '--', ...asking]);
    assert.equal(stdout, `${ENOMSG} ${ETIME} `);
    assert.match(stderr, /^burrow: the seccomp filter of perl holds this shell;/m);
    assert.match(machine.type(['exec', '--filter', 'its', `pid:${pid}`]).stderr, /^burrow: "its" is no filter: use own\.$/m);
  });
});
