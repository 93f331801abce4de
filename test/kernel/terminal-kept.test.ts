import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { onNotification } from '../../helper/protocol/calls.ts';
import type { ParamsInput } from '../../helper/protocol/methods.ts';
import { eventually } from '../support/eventually.ts';
import { failureOf } from './support/asking.ts';
import { Door } from './support/door.ts';
import { Machine } from './support/machine.ts';
import { Sleepers } from './support/sleepers.ts';
import { type Caller, Terminal } from './support/terminal.ts';

const OTHER_UID = 61_001;
const RING_BYTES = 256 << 10;
const keep = { window: 'window 1', tag: 'left' };

describe('a kept terminal', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  let pid = 0;
  before(async () => {
    machine = await Machine.start({ user: OTHER_UID });
    pid = await sleepers.start('unshare', '--uts', 'sleep', 'infinity');
  });
  afterEach(async () => {
    rmSync(signal, { force: true });
    await machine.requireClean();
  });
  after(async () => {
    await sleepers.stop();
    await machine.stop();
  });

  const open = (command: string[], more: Partial<ParamsInput<'terminal/open'>> = {}): Promise<Terminal> =>
    Terminal.open(machine, { target: { pid }, command, keep, ...more });
  const list = async () => (await machine.call('terminal/list', {})).terminals;
  const attached = (terminal: Terminal, is: boolean) =>
    eventually(`attached: ${is}`, async () => (await list()).some(each => each.terminal === terminal.id && each.attached === is));
  const forgotten = () => eventually('no terminal', async () => (await list()).length === 0);
  const left = async (terminal: Terminal): Promise<void> => {
    terminal.leave();
    await attached(terminal, false);
  };
  /** A command that goes on with `script` once there is the file `signal`. */
  const signal = `/run/burrow-kernel-${process.pid}-signal`;
  const endsLater = (script: string): string[] => ['sh', '-c', `echo ready; until test -e ${signal}; do sleep 0.02; done; ${script}`];

  /** Another connection of the same user's, as another window's. */
  const another = async (): Promise<Caller & Disposable> => {
    const door = await Door.open(machine.socket, 0);
    const endings = new Map();
    onNotification(door.helper.wire, 'terminal/exited', ({ terminal, ...ending }) => void endings.set(terminal, ending));
    return { helper: door.helper, endings, [Symbol.dispose]: () => void door.close() };
  };

  it('is listed with what it was opened for', async () => {
    const terminal = await open(['cat']);
    const [only, ...more] = await list();
    assert.equal(more.length, 0);
    const { opened, ...rest } = only ?? assert.fail('it is not listed');
    assert.deepEqual(rest, { terminal: terminal.id, ...keep, label: `pid ${pid}`, command: ['cat'], attached: true });
    assert.ok(Math.abs(Date.parse(opened) - Date.now()) < 60_000);
    await terminal.close();
    assert.deepEqual(await list(), []);
  });

  it('goes on without a client, and what it writes is there for the next', async () => {
    const terminal = await open(['bash', '--norc', '--noediting']);
    assert.equal(await terminal.ask('echo before'), 'before');
    terminal.type('sleep 0.3; echo meanw""hile\n');
    await left(terminal);
    const again = await eventually('what was written meanwhile', async () => {
      const next = await Terminal.attach(machine, terminal.id);
      if (/meanwhile/.test(await next.replayed())) return next;
      await left(next);
      return undefined;
    });
    const replayed = await again.replayed();
    assert.ok(replayed.indexOf('before') < replayed.indexOf('meanwhile'), replayed);
    assert.equal(await again.ask('echo still here'), 'still here');
    await again.close();
  });

  it('writes what is old once, and what is new behind it', async () => {
    const terminal = await open(['cat']);
    for (let turn = 1; turn <= 5; turn++) {
      const next = await Terminal.attach(machine, terminal.id);
      next.type(`line ${turn}\n`);
      await next.see(new RegExp(`line ${turn}\r\nline ${turn}\r\n`));
      const lines = next.output.split('\r\n').filter(line => line !== '');
      assert.deepEqual(lines, Array.from({ length: turn }, (_, index) => [`line ${index + 1}`, `line ${index + 1}`]).flat());
      await left(next);
    }
    await machine.call('terminal/close', { terminal: terminal.id });
    await terminal.ended;
  });

  it('keeps the end of much output, from the beginning of a line, with no character cut', async () => {
    const terminal = await open(['sh', '-c', 'seq -f "řádek %06g" 1 100000; echo whole; cat']);
    terminal.leave();
    const next = await eventually('all of it', async () => {
      const each = await Terminal.attach(machine, terminal.id);
      if (/whole\r\n$/.test(await each.replayed())) return each;
      await left(each);
      return undefined;
    });
    const text = await next.replayed();
    assert.ok(Buffer.byteLength(text) <= RING_BYTES);
    assert.ok(Buffer.byteLength(text) > RING_BYTES - 1000, `${Buffer.byteLength(text)}`);
    const lines = text.trimEnd().split('\r\n');
    assert.equal(lines.pop(), 'whole');
    const first = 100_000 - lines.length + 1;
    assert.deepEqual(
      lines,
      Array.from(lines, (_, index) => `řádek ${`${first + index}`.padStart(6, '0')}`),
    );
    await next.close();
  });

  it('is taken from the client that has it', async () => {
    const first = await open(['cat']);
    first.type('hello\n');
    await first.see(/hello\r\nhello\r\n/);
    const second = await Terminal.attach(machine, first.id);
    await first.hungUp;
    assert.equal(await second.replayed(), 'hello\r\nhello\r\n');
    await attached(second, true);
    second.type('again\n');
    await second.see(/again\r\nagain\r\n$/);
    assert.doesNotMatch(first.output, /again/);
    await second.close();
  });

  it('tells a program that fills the screen to draw it again, also when the size is the same', async () => {
    const script = 'trap "stty size" WINCH; echo ready; while :; do sleep 0.02; done';
    const terminal = await open(['bash', '-c', script]);
    await terminal.see(/ready/);
    await left(terminal);
    const same = await Terminal.attach(machine, terminal.id);
    await same.see(/24 80\r\n/);
    await left(same);
    const larger = await Terminal.attach(machine, terminal.id, { columns: 100, rows: 30 });
    await larger.see(/30 100\r\n/);
    await larger.close();
  });

  it('is remembered with how it ended and all that it wrote, until somebody has seen it', async () => {
    const terminal = await open(endsLater('echo "the last line"; exit 7'));
    await terminal.see(/ready/);
    await left(terminal);
    writeFileSync(signal, '');
    assert.deepEqual(await terminal.ended, { exitCode: 7 });
    const [kept] = await list();
    assert.deepEqual(kept?.ended, { exitCode: 7 });
    const { ended, token } = await machine.call('terminal/attach', { terminal: terminal.id, size: { columns: 80, rows: 24 } });
    assert.deepEqual(ended, { exitCode: 7 });
    const stream = await machine.helper.stream(token);
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part as Buffer);
    assert.match(Buffer.concat(parts).toString('utf8', 4), /^ready\r\nthe last line\r\n$/);
    await forgotten();
  });

  it('tells its end to who attached last', async () => {
    using window = await another();
    const terminal = await open(['sh', '-c', 'echo ready; read line; exit 3']);
    await terminal.see(/ready/);
    const next = await Terminal.attach(window, terminal.id);
    await next.replayed();
    next.type('go\n');
    assert.deepEqual(await next.ended, { exitCode: 3 });
    assert.equal(machine.endings.get(terminal.id), undefined);
    await forgotten();
  });

  it('is nobody else’s', async () => {
    const terminal = await open(['cat']);
    const door = await Door.open(machine.socket, OTHER_UID);
    const { helper } = door;
    const as = { terminal: terminal.id, size: { columns: 80, rows: 24 } };
    const unknown = { kind: 'gone', message: 'This terminal has ended.' };
    assert.deepEqual((await helper.request('terminal/list', {})).terminals, []);
    assert.deepEqual(await failureOf(helper.request('terminal/attach', as)), { ...unknown, subject: terminal.id });
    assert.deepEqual(await failureOf(helper.request('terminal/resize', as)), { ...unknown, subject: terminal.id });
    const none = { ...as, terminal: 'no such' };
    assert.deepEqual(await failureOf(helper.request('terminal/attach', none)), { ...unknown, subject: 'no such' });
    assert.deepEqual(await helper.request('terminal/close', { terminal: terminal.id }), {});
    const { token } = await machine.call('terminal/attach', as);
    const stolen = await helper.stream(token);
    const got: Buffer[] = [];
    for await (const part of stolen) got.push(part as Buffer);
    assert.equal(Buffer.concat(got).length, 0);
    terminal.type('mine\n');
    await terminal.see(/mine\r\nmine\r\n/);
    await door.close();
    await terminal.close();
  });

  it('is hung up without a client when it is not kept', async () => {
    const terminal = await Terminal.open(machine, { target: { pid }, command: ['cat'] });
    const failure = await machine.failure('terminal/attach', { terminal: terminal.id, size: { columns: 80, rows: 24 } });
    assert.equal(failure.kind, 'gone');
    terminal.leave();
    assert.deepEqual(await terminal.ended, { signal: 'SIGHUP' });
  });

  it('is one of 64 at most, of which the oldest that has ended goes first', async () => {
    const opened: Terminal[] = [];
    for (let count = 0; count < 64; count++) opened.push(await open(count === 5 || count === 9 ? endsLater('exit 0') : ['cat']));
    const refused = await machine.failure('terminal/open', { target: { pid }, command: ['cat'], keep, size: { columns: 80, rows: 24 } });
    assert.deepEqual(refused, {
      kind: 'taken',
      message: 'You keep 64 terminals already.',
      hint: 'Close one of them first.',
    });
    const ending = [5, 9].flatMap(at => opened[at] ?? []);
    for (const each of ending) await left(each);
    writeFileSync(signal, '');
    for (const each of ending) await each.ended;
    opened.push(await open(['cat']), await open(['cat']));
    assert.equal((await list()).length, 64);
    for (const each of opened.filter(each => !ending.includes(each))) await each.close();
    await forgotten();
  });

  it('comes back on the command line, without the questions that it asked the emulator', async () => {
    const terminal = await open(['sh', '-c', 'printf "\\033[6nasked\\n"; read line; echo "got $line"; exit 5']);
    await terminal.see(/asked/);
    await left(terminal);
    const listed = machine.type(['attach']);
    assert.match(listed.stdout, new RegExp(`^${terminal.id}  .*  waiting  "pid ${pid}" "sh" `));
    const plain = machine.type(['attach', terminal.id]);
    assert.equal(plain.stderr, 'burrow: burrow attach needs a terminal of its own.\n');
    const line = `${process.execPath} ${machine.burrow} attach ${terminal.id.slice(0, 8)} --socket ${machine.socket}`;
    const inTerminal = ['--quiet', '--return', '--command', line, '/dev/null'];
    const { stdout, status } = spawnSync('script', inTerminal, { encoding: 'utf8', input: 'typed\n' });
    assert.match(stdout, /asked\r+\n[\s\S]*got typed\r+\n/);
    assert.ok(!stdout.includes('[6n'), stdout);
    assert.equal(status, 5);
    await forgotten();
  });
});
