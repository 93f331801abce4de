import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { patience } from '../support/eventually.ts';
import { Machine } from './support/machine.ts';
import { inodeOf } from './support/namespaces.ts';
import { Sleepers } from './support/sleepers.ts';

describe('burrow', () => {
  let machine: Machine;
  let pid = 0;
  const sleepers = new Sleepers();
  const folder = mkdtempSync(join(tmpdir(), 'burrow-kernel-'));
  before(async () => {
    machine = await Machine.start();
    pid = await sleepers.start('unshare', '--uts', 'sleep', 'infinity');
  });
  afterEach(() => machine.requireClean());
  after(async () => {
    await sleepers.stop();
    await machine.stop();
    rmSync(folder, { recursive: true });
  });

  const exec = (...command: string[]) => machine.type(['exec', `pid:${pid}`, '--', ...command]);
  const file = (definition: object): string => {
    const path = join(folder, 'web.burrow.jsonc');
    writeFileSync(path, JSON.stringify(definition));
    return path;
  };

  it('call prints the result as JSON', () => {
    const { status, stdout } = machine.type(['call', 'sandbox/list']);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(stdout), { sandboxes: [] });
  });

  it('call ends with 1 and the failure as JSON', () => {
    const { status, stdout, stderr } = machine.type(['call', 'process/run', '{"target":{"sandbox":"none"},"command":["true"]}']);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.deepEqual(JSON.parse(stderr), { kind: 'unknown', message: 'There is no sandbox called none.', subject: 'none' });
  });

  it('exec ends as the command ends', () => {
    assert.equal(exec('true').status, 0);
    assert.equal(exec('sh', '-c', 'exit 7').status, 7);
    assert.equal(exec('sh', '-c', 'kill -KILL $$').status, 128 + 9);
    assert.equal(exec('sh', '-c', 'kill -TERM $$').status, 128 + 15);
  });

  it('exec keeps the three streams apart', () => {
    const { stdout, stderr } = exec('sh', '-c', 'echo out; echo err >&2');
    assert.equal(stdout, 'out\n');
    assert.match(stderr, /err\n$/);
    assert.equal(exec('readlink', '/proc/self/ns/uts').stdout, `uts:[${inodeOf(pid, 'uts')}]\n`);
  });

  it('exec carries 10 MB through cat unchanged', () => {
    const input = randomBytes(10 << 20);
    const words = [machine.burrow, 'exec', '--socket', machine.socket, `pid:${pid}`, '--', 'cat'];
    const { status, stdout } = spawnSync(process.execPath, words, { input, maxBuffer: 64 << 20, timeout: 60_000 * patience });
    assert.equal(status, 0);
    assert.ok(input.equals(stdout), `${stdout.length} bytes came back`);
  });

  it('exec ends when the command does not read what it is sent', () => {
    const { status } = machine.type(['exec', `pid:${pid}`, '--', 'true'], { input: Buffer.alloc(1 << 20) });
    assert.equal(status, 0);
  });

  it('exec closes the input of the command when its own ends', () => {
    assert.equal(machine.type(['exec', `pid:${pid}`, '--', 'wc', '-c'], { input: 'abc' }).stdout, '3\n');
  });

  it('exec says what it does not know', () => {
    const wrong = [
      [['exec', 'pid:0'], '"pid:0" is no target: use pid:812, container:NAME, sandbox:NAME, netns:NAME or TYPE:INODE.'],
      [['exec', 'container:none', '--', 'true'], 'There is no container called none.'],
      [['exec', `pid:${pid}`, '--', 'no-such'], `pid ${pid} has no command "no-such". Choose a command that exists there.`],
    ] as const;
    for (const [words, message] of wrong) {
      const { status, stderr } = machine.type(words);
      assert.equal(status, 1);
      assert.equal(stderr, `burrow: ${message}\n`);
    }
  });

  it('run makes the sandbox of a file, runs its command in it and removes it', () => {
    const path = file({
      name: 'web',
      hostname: 'db',
      environment: { COLOUR: 'red' },
      directory: '/usr',
      command: ['sh', '-c', 'hostname; pwd; echo $COLOUR; exit 5'],
    });
    const { status, stdout } = machine.type(['run', path]);
    assert.equal(stdout, 'db\n/usr\nred\n');
    assert.equal(status, 5);
    assert.deepEqual(JSON.parse(machine.type(['call', 'sandbox/list']).stdout), { sandboxes: [] });
  });

  it('run removes the sandbox also when there is no such command', () => {
    const { status, stderr } = machine.type(['run', file({ name: 'web', command: ['no-such'] })]);
    assert.equal(status, 1);
    assert.equal(stderr, 'burrow: web has no command "no-such". Choose a command that exists there.\n');
    assert.deepEqual(JSON.parse(machine.type(['call', 'sandbox/list']).stdout), { sandboxes: [] });
  });

  it('run --json tells what came of it, and nothing else', () => {
    const { status, stdout, stderr } = machine.type([
      'run',
      file({ name: 'web', network: 'none', command: ['sh', '-c', 'echo out; echo err >&2; exit 4'] }),
      '--json',
    ]);
    const report = JSON.parse(stdout);
    assert.deepEqual(
      [status, report.exitCode, report.stdout, report.stderr, report.cut, report.notices],
      [4, 4, 'out\n', 'err\n', false, []],
    );
    assert.ok(report.wallSeconds > 0);
    assert.equal(stderr, '');
  });

  it('run says which limit ended it, and ends as the command did', () => {
    const definition = { name: 'web', network: 'none', limits: { wallSeconds: 0.2 }, command: ['sleep', '60'] };
    const { status, stderr } = machine.type(['run', file(definition)]);
    assert.equal(status, 128 + 9);
    assert.match(stderr, /^burrow: killed by SIGKILL \(limit of time, 0\.2 s\) · /);
    const { stdout } = machine.type(['run', file(definition), '--json']);
    assert.deepEqual([JSON.parse(stdout).signal, JSON.parse(stdout).endedBy], ['SIGKILL', 'wallSeconds']);
  });

  it('run passes its own input on, and both streams back', () => {
    const path = file({ name: 'web', network: 'none', command: ['sh', '-c', 'cat; echo err >&2'] });
    const { status, stdout, stderr } = machine.type(['run', path], { input: 'in\n' });
    assert.deepEqual([status, stdout], [0, 'in\n']);
    assert.match(stderr, /^err\n/);
  });

  it('run at a terminal gives the command a terminal of its own', () => {
    const path = file({
      name: 'web',
      network: 'none',
      command: ['sh', '-c', 'test -t 0 && test -t 1 && echo terminal; exit 6'],
    });
    const line = [process.execPath, machine.burrow, 'run', '--socket', machine.socket, path].join(' ');
    // More than once: each has a connection, which goes with it.
    for (let round = 0; round < 5; round++) {
      const { status, stdout } = spawnSync('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
        encoding: 'utf8',
        timeout: 30_000 * patience,
      });
      // script(1) types the end of its own input, which a terminal that is raw by then shows.
      assert.match(stdout, /^(?:\^@)?terminal\r/);
      assert.equal(status, 6);
    }
    assert.deepEqual(JSON.parse(machine.type(['call', 'sandbox/list']).stdout), { sandboxes: [] });
  });

  it('run names what is wrong in the file', () => {
    const path = file({ name: 'web', netwrk: 'none' });
    const { status, stderr } = machine.type(['run', path]);
    assert.equal(status, 1);
    assert.equal(stderr, `burrow: ${path}: "netwrk" is not a key of a definition.\n`);
  });

  it('says that nobody answers', () => {
    const socket = join(folder, 'none.sock');
    const { status, stderr } = spawnSync(process.execPath, [machine.burrow, 'call', 'sandbox/list', '--socket', socket], {
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    const failure = JSON.parse(stderr);
    assert.equal(failure.message, `Could not reach ${socket}: no helper answers there.`);
    assert.deepEqual([failure.syscall, failure.errno], ['connect', 'ENOENT']);
  });
});
