// The stage that waits for a program before there is one.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { prelude } from '../../../helper/stage/calls.ts';
import { stage } from '../../../helper/stage/run.ts';
import { stages } from '../../../helper/stage/waiting.ts';
import { F_SETFD } from '../../../helper/sys/flags.ts';
import { sys } from '../../../helper/sys/libc.ts';
import { statusField } from '../../../helper/sys/procfs.ts';
import { eventually } from '../../support/eventually.ts';
import { isAlive } from '../../support/processes.ts';
import { types } from '../support/belongings.ts';
import { Machine } from '../support/machine.ts';
import { Tracer } from '../support/makers/tracer.ts';
import { Staged } from '../support/staged.ts';
import { Terminal } from '../support/terminal.ts';

describe('the stage that waits', () => {
  let machine: Machine;
  const tracer = new Tracer();
  const target = { pid: process.pid };
  before(async () => {
    machine = await Machine.start();
    await tracer.attach(machine.pid);
  });
  afterEach(async () => {
    await tracer.forget();
    await tracer.release();
    await machine.requireClean();
  });
  after(async () => {
    await tracer.stop();
    await machine.stop();
  });

  const run = async (): Promise<number | undefined> => (await machine.call('process/run', { target, command: ['true'] })).exitCode;

  it('has its socket and nothing else of the helper, also while others have much', async () => {
    const terminal = await Terminal.open(machine, { target, command: ['cat'] });
    const pid = await machine.spare();
    const links = (): string[] => readdirSync(`/proc/${pid}/fd`).map(fd => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`);
    // It closes what it was started with.
    await eventually('one descriptor', () => links().length === 1);
    assert.match(links().join(), /^3 socket:/);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const field of ['SigIgn', 'SigBlk']) assert.equal(statusField(status, field)?.trim(), '0000000000000000', field);
    assert.equal(statusField(status, 'PPid')?.trim(), String(machine.pid));
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
    for (const type of types) assert.equal(readlinkSync(`/proc/${pid}/ns/${type}`), readlinkSync(`/proc/${machine.pid}/ns/${type}`), type);
    await terminal.close();
  });

  it('is taken by one of two requests that come at once; the other one has a stage of its own', async () => {
    const waiting = await machine.spare();
    await tracer.holdStage(0, 0);
    const first = run();
    const taken = await tracer.hit();
    await tracer.holdStage(0, 0);
    const second = run();
    const started = await tracer.hit();
    assert.equal(taken, waiting);
    assert.notEqual(started, waiting);
    await tracer.release();
    assert.deepEqual(await Promise.all([first, second]), [0, 0]);
    assert.ok(![taken, started].includes(await machine.spare()));
  });

  it('is missed by no request when it was killed', async () => {
    const pid = await machine.spare();
    process.kill(pid, 'SIGKILL');
    await eventually('its end', () => !isAlive(pid));
    assert.equal(await run(), 0);
    assert.notEqual(await machine.spare(), pid);
  });

  it('may not be startable for a while: nobody has asked for it yet', async () => {
    for (const names of [['socketpair'], ['clone3', 'clone', 'vfork']]) {
      const pid = await machine.spare();
      await tracer.failHelper({ names, about: '' }, 'EAGAIN');
      assert.equal(await run(), 0);
      await tracer.hit();
      await eventually('its end', () => !isAlive(pid));
      assert.equal(await run(), 0, 'without one');
      await machine.spare();
    }
  });

  it('ends with its helper, however that ends', async () => {
    const other = await Machine.start();
    const first = await other.spare();
    await other.kill();
    await eventually('its end', () => !isAlive(first));
    await other.startHelper();
    const second = await other.spare();
    await other.stop();
    await eventually('its end', () => !isAlive(second));
  });
});

describe('what a stage is handed', () => {
  const staged = new Staged();
  /** The first stage has it where a handle belongs. */
  const inherited = openSync('/dev/zero', 'r');
  sys('fcntl', 'a descriptor', inherited, F_SETFD, 'int', 0);
  after(() => {
    closeSync(inherited);
    stages.end();
    staged[Symbol.dispose]();
  });

  /** The first one is started for it, and the second one has waited. */
  for (const round of ['first', 'second']) {
    it(`may be more descriptors than one message takes: ${round}`, async () => {
      const files = Array.from({ length: 600 }, (_, index) => join(staged.folder, `file-${index}`));
      const opened = new Map(files.map(path => [path, openSync(path, 'w')]));
      const nothing = openSync('/dev/null', 'r+');
      const writes = files.map(path => ({ call: 'write', arguments: [{ handle: path }, path, path.length] }) as const);
      await stage({ program: [...prelude, ...writes], stdio: [nothing, nothing, nothing], handles: opened, onEnd: () => undefined });
      for (const fd of [nothing, ...opened.values()]) closeSync(fd);
      assert.deepEqual(
        files.map(path => readFileSync(path, 'utf8')),
        files,
      );
      for (const path of files) rmSync(path);
    });

    it(`may be more than its socket has room for: ${round}`, async () => {
      const path = join(staged.folder, 'large');
      const bytes = Buffer.alloc(8 << 20, 'x');
      const file = openSync(path, 'w');
      const write = { call: 'write', arguments: [1, { bytes, text: '' }, bytes.length] } as const;
      await stage({ program: [...prelude, write], stdio: [file, file, file], handles: new Map(), onEnd: () => undefined });
      closeSync(file);
      assert.equal(statSync(path).size, bytes.length);
    });
  }
});
