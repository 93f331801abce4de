// What terminals carry, and what they do when one side does not keep up.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { streamGreeting } from '../../helper/protocol/methods.ts';
import { eventually } from '../support/eventually.ts';
import { Door } from './support/door.ts';
import { Machine } from './support/machine.ts';
import { privateKb, relayOf, sleepsIn } from './support/relay.ts';
import { Terminal } from './support/terminal.ts';

const OTHER_UID = 61_001;
const size = { columns: 80, rows: 24 };

describe('a terminal', () => {
  const file = `/run/burrow-kernel-${process.pid}-flow`;
  let machine: Machine;
  let target = { pid: 0 };
  before(async () => {
    machine = await Machine.start({ user: OTHER_UID });
    target = { pid: process.pid };
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await machine.stop();
    rmSync(file, { force: true });
  });

  const open = (script: string): Promise<Terminal> => Terminal.open(machine, { target, command: ['sh', '-c', script] });
  /** Its device changes nothing of what passes. */
  const openRaw = async (script: string): Promise<Terminal> => {
    const terminal = await open(`stty raw -echo; echo ready; ${script}`);
    await terminal.see(/ready\n/);
    return terminal;
  };
  const behind = (terminal: Terminal): Buffer => terminal.bytes.subarray('ready\n'.length);

  it('carries every byte as it is, also one at a time', async () => {
    const text = Buffer.from('žluťoučký 🐇 漢字');
    const all = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), text]);
    const terminal = await openRaw('cat');
    for (const byte of all) {
      terminal.type(Buffer.from([byte]));
      await pause(0);
    }
    await eventually('all of it', () => behind(terminal).length >= all.length);
    assert.deepEqual(behind(terminal), all);
    await terminal.close();
  });

  it('carries megabytes of random bytes out', async () => {
    const random = randomBytes(8 << 20);
    writeFileSync(file, random);
    const terminal = await openRaw(`cat ${file}`);
    assert.deepEqual(await terminal.ended, { exitCode: 0 });
    await terminal.hungUp;
    assert.ok(behind(terminal).equals(random));
  });

  it('carries megabytes of random bytes in, faster than they are taken', async () => {
    const random = randomBytes(2 << 20);
    const terminal = await openRaw(`sleep 0.2; head --bytes=${random.length} | sha256sum`);
    terminal.type(random);
    await terminal.see(new RegExp(createHash('sha256').update(random).digest('hex')));
    assert.deepEqual(await terminal.ended, { exitCode: 0 });
  });

  it('takes what comes with the greeting, also when it is much', async () => {
    const random = randomBytes(60_000);
    const script = `stty raw -echo; touch ${file}; head --bytes=${random.length} | sha256sum`;
    rmSync(file, { force: true });
    const { token } = await machine.call('terminal/open', { target, size, command: ['sh', '-c', script] });
    // Before that the device would change what passes.
    await eventually('a raw device', () => existsSync(file));
    const stream = connect(machine.socket);
    stream.write(Buffer.concat([Buffer.from(streamGreeting(token)), random]));
    let got = '';
    for await (const part of stream) got += String(part);
    assert.match(got, new RegExp(createHash('sha256').update(random).digest('hex')));
  });

  it('makes a program wait whose client reads nothing, and keeps nothing for it', async () => {
    const bytes = 8 << 20;
    const terminal = await open(`stty raw -echo; echo $$; read -r line; exec head --bytes=${bytes} /dev/zero`);
    const writer = Number((await terminal.see(/(\d+)\r?\n/))[1]);
    terminal.pause();
    terminal.type('go\n');
    const relay = relayOf(machine.pid) ?? assert.fail('there is no relay');
    const before = privateKb(relay) + privateKb(machine.pid);
    const written = (): number => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${writer}/io`, 'utf8'))?.[1]);
    // Both sleep at once: the relay reads no more of what the device has, and the device takes no more.
    const stopped = await eventually('a writer that waits', () => {
      const now = written();
      const doesWait = sleepsIn(writer, 'write') && sleepsIn(relay, 'epoll_pwait2') && sleepsIn(writer, 'write') && written() === now;
      return doesWait && now > 100_000 && now;
    });
    assert.ok(stopped < 2 << 20, `${stopped}`);
    assert.ok(privateKb(relay) + privateKb(machine.pid) - before < 4 << 10);
    terminal.resume();
    assert.deepEqual(await terminal.ended, { exitCode: 0 });
    await terminal.hungUp;
    const zeros = terminal.bytes.subarray(terminal.bytes.indexOf('\n') + 1);
    assert.equal(zeros.length, bytes);
    assert.ok(zeros.every(byte => byte === 0));
  });

  it('ends for its client whenever its program does, be it in the middle of what others are read', async () => {
    const ROUNDS = 40;
    for (let round = 0; round < ROUNDS; round++) {
      const terminals = await Promise.all(Array.from({ length: 6 }, () => open('seq 1 5000')));
      await Promise.all(terminals.map(each => each.hungUp));
      for (const each of terminals) assert.match(each.output, /4999\r\n5000\r\n$/);
    }
  });

  it('is interrupted in the middle of a flood, whether its client reads or not', async () => {
    const reading = await open('exec yes');
    await reading.see(/y\r\ny/);
    reading.type('\u0003');
    assert.deepEqual(await reading.ended, { signal: 'SIGINT' });
    const idle = await open('exec yes');
    await idle.see(/y\r\ny/);
    idle.pause();
    await pause(200); // it may be full by then, and may be not: both have to do
    idle.type('\u0003');
    assert.deepEqual(await idle.ended, { signal: 'SIGINT' });
    idle.resume();
    await idle.hungUp;
  });

  it('answers while others flood, read or not', async () => {
    const floods = await Promise.all([0, 1, 2].map(() => open('exec yes')));
    floods[0]?.pause();
    const terminal = await Terminal.open(machine, { target, command: ['bash', '--norc', '--noediting'] });
    for (let turn = 0; turn < 20; turn++) assert.equal(await terminal.ask(`echo turn ${turn}`), `turn ${turn}`);
    await terminal.close();
    for (const each of floods) await each.close();
  });

  it('takes what is typed after its end', async () => {
    const terminal = await open('exit 4');
    assert.deepEqual(await terminal.ended, { exitCode: 4 });
    terminal.type('too late\n');
    await terminal.hungUp;
    assert.equal(terminal.output, '');
  });

  it('goes on writing to a client that has nothing more to type', async () => {
    const { token } = await machine.call('terminal/open', {
      target,
      size,
      command: ['sh', '-c', 'read line; sleep 0.1; echo "got $line"'],
    });
    const stream = connect({ path: machine.socket, allowHalfOpen: true });
    stream.end(`${streamGreeting(token)}all\n`);
    let got = '';
    for await (const part of stream) got += String(part);
    assert.match(got, /got all\r\n$/);
  });

  it('has a size that a screen can have', async () => {
    const refused = async (columns: number, rows: number): Promise<string> => {
      const failure = await machine.failure('terminal/open', { target, size: { columns, rows } });
      assert.equal(failure.kind, 'invalid');
      return failure.message;
    };
    assert.equal(await refused(0, 0), 'size.columns must be at least 1.');
    assert.equal(await refused(10_000, 10_000), 'size.columns must be at most 4096.');
    const terminal = await open('exec cat');
    await assert.rejects(terminal.resize(0, 24), /^HelperFailure: size.columns must be at least 1\.$/);
    await terminal.close();
  });

  it('is refused with one sentence when the environment is more than the kernel takes', async () => {
    const environment = { BIG: 'x'.repeat(2 << 20) };
    const failure = await machine.failure('terminal/open', { target, size, command: ['true'], environment });
    assert.equal(failure.message, 'The command and its environment are more than the kernel takes.');
    assert.deepEqual([failure.kind, failure.syscall, failure.errno], ['invalid', 'execve', 'E2BIG']);
  });

  it('is for the user who opened it, who has one token for it', async () => {
    const { token, terminal } = await machine.call('terminal/open', { target, size, command: ['cat'] });
    const door = await Door.open(machine.socket, OTHER_UID);
    const theirs = await door.helper.stream(token);
    assert.deepEqual(await theirs.toArray(), []);
    const ours = await machine.helper.stream(token);
    ours.write('mine\n');
    await new Promise(resolve => ours.once('data', resolve));
    ours.destroy();
    await door.close();
    await eventually('its end', () => machine.endings.has(terminal));
  });
});
