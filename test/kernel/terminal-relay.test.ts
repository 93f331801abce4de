// The process that carries the bytes of terminals: what it may do, what it has, and what happens without it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { after, afterEach, before, describe, it } from 'node:test';
import { streamGreeting } from '../../helper/protocol/methods.ts';
import { statusField } from '../../helper/sys/procfs.ts';
import { eventually } from '../support/eventually.ts';
import { isAlive } from '../support/processes.ts';
import { Machine } from './support/machine.ts';
import { relayOf } from './support/relay.ts';
import { Terminal } from './support/terminal.ts';

const size = { columns: 80, rows: 24 };

describe('the relay', () => {
  let machine: Machine;
  const target = { pid: process.pid };
  before(async () => {
    machine = await Machine.start();
  });
  afterEach(() => machine.requireClean());
  after(() => machine.stop());

  const open = (...command: string[]): Promise<Terminal> => Terminal.open(machine, { target, command });
  const relay = (): number => relayOf(machine.pid) ?? assert.fail('there is no relay');
  const links = (pid: number): string[] => readdirSync(`/proc/${pid}/fd`).map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));

  it('is nobody, without any right', async () => {
    const pid = relay();
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string | undefined => statusField(status, name)?.trim();
    assert.equal(field('Uid'), '65534\t65534\t65534\t65534');
    assert.equal(field('Gid'), '65534\t65534\t65534\t65534');
    assert.equal(field('Groups') ?? '', '');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.equal(field(set), '0000000000000000', set);
    assert.equal(field('NoNewPrivs'), '1');
    assert.equal(field('Seccomp'), '2');
    assert.equal(field('Threads'), '1');
    assert.equal(field('PPid'), String(machine.pid));
    // Of a process that is not dumpable /proc gives nobody but root a look, not its own user.
    assert.equal(statSync(`/proc/${pid}/fd`).uid, 0);
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
    assert.match(readlinkSync(`/proc/${pid}/exe`), /^\/memfd:burrow-relay/);
  });

  it('has the two ends of each terminal, and gives them back', async () => {
    const pid = relay();
    const kinds = (): string[] => links(pid).map(link => link.replace(/:.*/, '').replace(/^.*\/ptmx$/, 'master'));
    const own = ['socket', 'pipe', 'anon_inode'];
    assert.deepEqual(kinds(), own);
    const terminals = await Promise.all([open('cat'), open('cat')]);
    await eventually('both', () => kinds().length === own.length + 4);
    assert.deepEqual(kinds().slice(own.length).sort(), ['master', 'master', 'socket', 'socket']);
    for (const each of terminals) await each.close();
    await eventually('none', () => kinds().length === own.length);
    assert.deepEqual(kinds(), own);
  });

  it('takes its terminals with it when it is killed, and the next one has another', async () => {
    const first = relay();
    const keep = { window: 'one', tag: '' };
    const terminals = [
      await open('cat'),
      await Terminal.open(machine, { target, command: ['cat'], keep }),
      await Terminal.open(machine, { target, command: ['cat'], keep }),
    ];
    terminals[2]?.leave();
    process.kill(first, 'SIGKILL');
    for (const each of terminals) assert.deepEqual(await each.ended, { signal: 'SIGHUP' });
    await terminals[0]?.hungUp;
    await terminals[1]?.hungUp;
    assert.deepEqual(await machine.call('terminal/list', {}), { terminals: [] });
    const next = await open('cat');
    next.type('works\n');
    await next.see(/works\r\nworks\r\n/);
    assert.notEqual(relay(), first);
    await next.close();
    assert.match(machine.log, /"event":"relay ended","signal":"SIGKILL"/);
  });

  it('holds up nobody while it is stopped, and then takes in all that was handed to it', async () => {
    const pid = relay();
    process.kill(pid, 'SIGSTOP');
    const early = Buffer.alloc(60_000, 'x\n');
    const command = ['sh', '-c', 'stty raw -echo; head --bytes=60000 | wc -c'];
    const streams = [];
    // More than fits into its socket at once.
    for (let count = 0; count < 8; count++) {
      const { token } = await machine.call('terminal/open', { target, size, command });
      const stream = connect(machine.socket);
      stream.write(Buffer.concat([Buffer.from(streamGreeting(token)), early]));
      streams.push(stream);
    }
    const { terminals } = await machine.call('terminal/list', {});
    assert.deepEqual(terminals, []);
    process.kill(pid, 'SIGCONT');
    for (const stream of streams) assert.match(Buffer.concat(await stream.toArray()).toString(), /60000\n$/);
  });

  it('ends with its helper, however that ends', async () => {
    const other = await Machine.start();
    const pid = relayOf(other.pid) ?? assert.fail('there is no relay');
    const terminal = await Terminal.open(other, { target, command: ['cat'] });
    terminal.type('it runs\n');
    await terminal.see(/it runs\r\nit runs\r\n/);
    await other.kill();
    await eventually('the end of the relay', () => !isAlive(pid));
    await terminal.hungUp;
    await other.startHelper();
    await other.stop();
  });
});
