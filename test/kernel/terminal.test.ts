import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { streamGreeting } from '../../helper/protocol/methods.ts';
import { Machine } from './support/machine.ts';
import { inodesOf } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';
import { Terminal } from './support/terminal.ts';

describe('terminal', () => {
  let machine: Machine;
  const sleepers = new Sleepers();
  let pid = 0;
  before(async () => {
    machine = await Machine.start();
    pid = await sleepers.start('unshare', '--uts', '--ipc', 'sleep', 'infinity');
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await sleepers.stop();
    await machine.stop();
  });

  const open = (command?: string[]): Promise<Terminal> =>
    Terminal.open(machine, { target: { pid }, environment: { PS1: '$ ' }, ...(command && { command }) });
  const shell = (): Promise<Terminal> => open(['bash', '--norc', '--noediting']);

  it('is a terminal with the size asked for, and follows a new one', async () => {
    const terminal = await shell();
    assert.match(await terminal.ask('tty'), /^\/dev\/pts\/\d+$/);
    assert.equal(await terminal.ask('stty size'), '24 80');
    await terminal.resize(132, 50);
    assert.equal(await terminal.ask('stty size'), '50 132');
    assert.equal(await terminal.ask('echo $TERM'), 'xterm-256color');
    await terminal.close();
  });

  it('ends what runs in front on Ctrl-C, and the shell stays', async () => {
    const terminal = await shell();
    // It says so itself: between its own echo and the start of a program the shell may miss the key.
    terminal.type("sh -c 'echo go; exec sleep 1000'; echo status $?\n");
    // What is typed before the prompt is echoed before it, and the prompt then stands in the line of the answer.
    await terminal.see(/go\r\n/);
    terminal.type('\u0003');
    await terminal.see(/\^C/);
    assert.equal(await terminal.ask('echo still here'), 'still here');
    await terminal.close();
  });

  it('carries UTF-8 both ways, also in pieces', async () => {
    const terminal = await shell();
    const text = 'žluťoučký 🐇 漢字';
    assert.equal(await terminal.ask(`echo '${text}'`), text);
    assert.equal(await terminal.ask(`printf '${text}' | wc -m`), `${[...text].length}`);
    await terminal.close();
  });

  it('carries much output whole', async () => {
    const terminal = await open(['sh', '-c', 'seq 1 300000']);
    assert.deepEqual(await terminal.ended, { exitCode: 0 });
    await terminal.hungUp;
    const lines = terminal.output.trimEnd().split('\r\n');
    assert.equal(lines.at(-1), '300000');
    assert.equal(lines.length, 300_000);
    assert.ok(lines.every((line, index) => line === `${index + 1}`));
  });

  it('tells the exit code, or the signal', async () => {
    assert.deepEqual(await (await open(['sh', '-c', 'exit 7'])).ended, { exitCode: 7 });
    assert.deepEqual(await (await open(['sh', '-c', 'kill -TERM $$'])).ended, { signal: 'SIGTERM' });
    assert.deepEqual(await (await open(['sh', '-c', 'kill -SEGV $$'])).ended, { signal: 'SIGSEGV' });
  });

  it('hangs up what runs in it when it is closed', async () => {
    const terminal = await open(['sh', '-c', 'echo up; sleep infinity']);
    await terminal.see(/up/);
    await machine.call('terminal/close', { terminal: terminal.id });
    assert.deepEqual(await terminal.ended, { signal: 'SIGHUP' });
    await machine.call('terminal/close', { terminal: terminal.id });
  });

  it('joins what differs, and narrowed only what is named', async () => {
    const [theirs, ours] = [inodesOf(pid), inodesOf(machine.pid)];
    const narrowed = await Terminal.open(machine, { target: { pid, types: ['uts'] }, command: ['bash', '--norc', '--noediting'] });
    assert.deepEqual(narrowed.joined, ['uts']);
    assert.equal(await narrowed.ask('readlink /proc/self/ns/uts'), `uts:[${theirs.uts}]`);
    assert.equal(await narrowed.ask('readlink /proc/self/ns/ipc'), `ipc:[${ours.ipc}]`);
    assert.equal(await narrowed.ask('readlink /proc/self/ns/mnt'), `mnt:[${ours.mnt}]`);
    assert.equal(await narrowed.ask('readlink /proc/self/ns/net'), `net:[${ours.net}]`);
    await narrowed.close();
  });

  it('has the descriptors 0, 1 and 2 and no other', async () => {
    const terminal = await shell();
    assert.equal(await terminal.ask('ls /proc/self/fd | tr "\\n" " "'), '0 1 2 3'); // 3 is ls reading the directory
    await terminal.close();
    const { stdout } = await machine.call('process/run', { target: { pid }, command: ['ls', '/proc/self/fd'] });
    assert.equal(stdout, '0\n1\n2\n3\n');
  });

  it('starts in the directory asked for, and says when there is none', async () => {
    const [there, gone] = await Promise.all(
      ['/usr/share', '/no/such'].map(directory =>
        Terminal.open(machine, { target: { pid }, command: ['sh', '-c', 'pwd; sleep infinity'], directory }),
      ),
    );
    await there?.see(/^\/usr\/share\r\n/);
    await gone?.see(/^\/\r\n/);
    assert.ok(gone?.notices.includes('there is no directory /no/such; this is /'), gone?.notices.join('\n'));
    assert.ok(!there?.notices.some(notice => notice.includes('directory')));
    await Promise.all([there?.close(), gone?.close()]);
  });

  it('runs as the user asked for', async () => {
    const run = async (user: string): Promise<string> =>
      (await machine.call('process/run', { target: { pid }, command: ['sh', '-c', 'id -u; id -g; id -G'], user })).stdout;
    assert.equal(await run('61001:61002'), '61001\n61002\n61002\n');
    assert.equal(await run('nobody'), '65534\n65534\n65534\n');
    const failure = await machine.failure('process/run', { target: { pid }, command: ['true'], user: 'no-such-user' });
    assert.deepEqual(failure, { kind: 'unknown', message: `pid ${pid} knows no user called no-such-user.`, subject: 'no-such-user' });
  });

  describe('token', () => {
    /** What the helper sends to one that comes with this token, until it ends the connection. */
    const claim = (token: string): Promise<string> =>
      new Promise((resolve, reject) => {
        let got = '';
        const socket = connect(machine.socket)
          .on('data', (part: Buffer) => {
            got += part.toString();
          })
          .on('close', () => resolve(got))
          .on('error', reject);
        socket.write(streamGreeting(token));
      });
    const opened = () =>
      machine.call('terminal/open', { target: { pid }, command: ['sh', '-c', 'echo secret; read x'], size: { columns: 80, rows: 24 } });

    it('is good for one connection', async () => {
      const { token, terminal } = await opened();
      const first = await machine.helper.stream(token);
      await new Promise(resolve => first.once('data', resolve));
      assert.equal(await claim(token), '');
      await machine.call('terminal/close', { terminal });
      first.destroy();
    });

    it('is of no use when it was never given', async () => {
      assert.equal(await claim('0'.repeat(64)), '');
    });
  });
});
