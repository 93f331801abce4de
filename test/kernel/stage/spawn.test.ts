// How the stage begins: what it inherits, and what it does not.
import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type Ending, reaper, type Usage } from '../../../helper/stage/reaper.ts';
import { type Spawned, spawnStage } from '../../../helper/stage/spawn.ts';
import { SysError } from '../../../helper/sys/errors.ts';
import { O_CLOEXEC } from '../../../helper/sys/flags.ts';
/** Stays for as long as its input is open. */
import { keepInherited } from '../../../helper/sys/inherited.ts';
import { sys } from '../../../helper/sys/libc.ts';
import { statusField } from '../../../helper/sys/procfs.ts';

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

async function withSpawned(stdio: readonly number[], handles: readonly number[], look: (spawned: Spawned) => void): Promise<void> {
  const spawned = spawnStage(stays, stdio, handles);
  const ended = new Promise(resolve => reaper.track(spawned.pid, resolve));
  try {
    look(spawned);
  } finally {
    process.kill(spawned.pid, 'SIGKILL');
    closeSync(spawned.control);
    await ended;
  }
}

describe('spawnStage', () => {
  it('passes on what it is told, also where a number is another one’s place, and nothing else', async () => {
    const files = ['/proc/self/status', '/proc/self/stat', '/proc/self/maps', '/dev/zero', '/dev/full', '/dev/null'];
    const opened = files.map(path => openSync(path, 'r'));
    const input = openInput();
    const before = descriptors('self');
    // Each of the low numbers is both a source and a place.
    const handles = [7, 6, 5, 4, ...opened].filter(fd => before.includes(fd));
    const stdio = [input.read, opened[4] ?? 0, opened[3] ?? 0] as const;
    const linksOf = (fds: readonly number[], pid: number): string[] => fds.map(fd => readlinkSync(`/proc/${pid}/fd/${fd}`));
    await withSpawned(stdio, handles, ({ pid }) => {
      const theirs = descriptors(pid);
      assert.deepEqual(theirs, [0, 1, 2, CONTROL, ...handles.map((_, index) => CONTROL + 1 + index)]);
      const given = linksOf([...stdio, ...handles], process.pid);
      assert.deepEqual(
        linksOf(
          theirs.filter(fd => fd !== CONTROL),
          pid,
        ),
        given,
      );
      assert.match(readlinkSync(`/proc/${pid}/fd/${CONTROL}`), /^socket:/);
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
    await withSpawned([input.read, input.read, input.read], [], ({ pid }) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const field of ['SigIgn', 'SigBlk']) assert.equal(statusField(status, field), '0000000000000000', field);
      assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
      assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), 'burrow-stage\0');
      assert.equal(statusField(status, 'PPid'), String(process.pid));
    });
    input.close();
  });

  it('leaves no child and no descriptor when it fails', () => {
    const before = descriptors('self');
    assert.throws(
      () => spawnStage('/nowhere/stage', [0, 1, 2], []),
      (error: unknown) => error instanceof SysError && error.syscall === 'posix_spawn' && error.errno === 'ENOENT',
    );
    assert.deepEqual(descriptors('self'), before);
    assert.equal(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8'), '');
  });
});

describe('the reaper', () => {
  it('tells how each of many children ended, and what it used', async () => {
    const nothing = openSync('/dev/null', 'r+');
    const run = (): Promise<{ ending: Ending; usage: Usage }> => {
      const { pid, control } = spawnStage('/bin/true', [nothing, nothing, nothing], []);
      closeSync(control);
      return new Promise(resolve => reaper.track(pid, (ending, usage) => resolve({ ending, usage })));
    };
    for (const { ending, usage } of await Promise.all(Array.from({ length: 20 }, run))) {
      assert.deepEqual(ending, { exitCode: 0 });
      assert.ok(usage.peakResidentBytes > 0);
      assert.ok(usage.userSeconds + usage.systemSeconds < 10);
    }
    closeSync(nothing);
  });
});
