// How the stage begins: what it inherits, and what it does not.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Ending, reaper, type Usage } from '../../../helper/stage/reaper.ts';
import { spawnStage } from '../../../helper/stage/spawn.ts';
import { SysError } from '../../../helper/sys/errors.ts';
import { O_CLOEXEC } from '../../../helper/sys/flags.ts';
import { keepInherited } from '../../../helper/sys/inherited.ts';
import { sys } from '../../../helper/sys/libc.ts';
import { statusField } from '../../../helper/sys/procfs.ts';
import { spawn } from '../../../helper/sys/spawn.ts';
import { eventually } from '../../support/eventually.ts';

/** Stays for as long as its input is open. */
const stays = '/bin/cat';
const CONTROL = 3;

/** A pipe into which nothing is written. */
function openInput(): { read: number; close: () => void } {
  const ends = Buffer.alloc(8);
  sys('pipe2', 'a pipe', ends, O_CLOEXEC);
  const [read, write] = [ends.readInt32LE(0), ends.readInt32LE(4)];
  const close = (): void => {
    closeSync(read);
    closeSync(write);
  };
  return { read, close };
}

const descriptors = (pid: number | 'self'): number[] =>
  readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .sort((a, b) => a - b);

/** A listener for SIGCHLD alone keeps no process waiting. */
let awake: NodeJS.Timeout;
before(() => {
  keepInherited();
  awake = setInterval(() => undefined, 1000);
});
after(() => clearInterval(awake));

/** Executed, and through with the files that its loader opens: it sleeps, and that for its input. */
const waits = (pid: number, name: string): Promise<boolean> =>
  eventually('its sleep', () => {
    const isExecuted = readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `${name}\0`;
    return isExecuted && statusField(readFileSync(`/proc/${pid}/status`, 'utf8'), 'State')?.startsWith('S') === true;
  });

async function withSpawned(given: readonly number[], look: (pid: number) => void): Promise<void> {
  const pid = spawn(stays, 'stays', given);
  const ended = new Promise(resolve => reaper.track(pid, resolve));
  try {
    await waits(pid, 'stays');
    look(pid);
  } finally {
    process.kill(pid, 'SIGKILL');
    await ended;
  }
}

describe('spawn', () => {
  it('passes on what it is told, also where a number is another one’s place, and nothing else', async () => {
    const files = ['/proc/self/status', '/proc/self/stat', '/proc/self/maps', '/dev/zero', '/dev/full', '/dev/null'];
    const opened = files.map(path => openSync(path, 'r'));
    const input = openInput();
    const before = descriptors('self');
    // Each of the low numbers is both a source and a place.
    const low = [7, 6, 5, 4, 3, ...opened].filter(fd => before.includes(fd));
    const given = [input.read, opened[4] ?? 0, opened[3] ?? 0, ...low];
    const linksOf = (fds: readonly number[], pid: number): string[] => fds.map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));
    await withSpawned(given, pid => {
      const theirs = descriptors(pid);
      assert.deepEqual(theirs, [...given.keys()]);
      assert.deepEqual(linksOf(theirs, pid), linksOf(given, process.pid));
    });
    assert.deepEqual(
      descriptors('self').filter(fd => !before.includes(fd)),
      [],
    );
    for (const fd of opened) closeSync(fd);
    input.close();
  });

  it('gives it no environment, no ignored and no blocked signals', async () => {
    const input = openInput();
    await withSpawned([input.read, input.read, input.read], pid => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const field of ['SigIgn', 'SigBlk']) assert.equal(statusField(status, field), '0000000000000000', field);
      assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
      assert.equal(statusField(status, 'PPid'), String(process.pid));
    });
    input.close();
  });
});

describe('spawnStage', () => {
  it('gives it the control socket and nothing else', async () => {
    const { pid, control } = spawnStage(stays);
    const ended = new Promise(resolve => reaper.track(pid, resolve));
    await waits(pid, 'burrow-stage');
    const theirs = [0, 1, 2, CONTROL];
    assert.deepEqual(descriptors(pid), theirs);
    const links = new Set(theirs.map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`)));
    assert.match([...links].join(), /^socket:\[\d+\]$/);
    closeSync(control);
    assert.deepEqual(await ended, { exitCode: 0 });
  });

  it('leaves no child and no descriptor when it fails', () => {
    const before = descriptors('self');
    assert.throws(
      () => spawnStage('/nowhere/stage'),
      (error: unknown) => error instanceof SysError && error.syscall === 'posix_spawn' && error.errno === 'ENOENT',
    );
    assert.deepEqual(descriptors('self'), before);
    assert.equal(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8'), '');
  });
});

describe('the reaper', () => {
  it('tells how each of many children ended, and what it used', async () => {
    const run = (): Promise<{ ending: Ending; usage: Usage }> => {
      const { pid, control } = spawnStage('/bin/true');
      closeSync(control);
      return new Promise(resolve => reaper.track(pid, (ending, usage) => resolve({ ending, usage })));
    };
    for (const { ending, usage } of await Promise.all(Array.from({ length: 20 }, run))) {
      assert.deepEqual(ending, { exitCode: 0 });
      assert.ok(usage.peakResidentBytes > 0);
      assert.ok(usage.userSeconds + usage.systemSeconds < 10);
    }
  });
});
