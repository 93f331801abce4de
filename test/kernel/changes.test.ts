// What a sandbox wrote to a thrown-away root, told and kept: on a real overlay, whose owner is hostile.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Change, changesOf } from '../../helper/changes/changes.ts';
import { keep } from '../../helper/changes/keep.ts';
import { takeCode } from '../../helper/code/own-code.ts';
import type { Caller } from '../../helper/image/as-caller.ts';
import { Refusal } from '../../helper/sys/errors.ts';
import { inRepository } from '../support/repository.ts';
import { ThrownAway } from './support/thrown-away.ts';

const FOLDER = `/tmp/burrow-kernel-changes-${process.pid}`;
const HOME = `${FOLDER}/home`;
const DISK = `${FOLDER}/disk`;
const UID = 61_003;
const GROUP = 61_004;
const someone: Caller = { uid: UID, gid: UID, groups: [GROUP] };
const root: Caller = { uid: 0, gid: 0, groups: [] };

const fileOf = (path: string, text: string, uid = UID): void => {
  writeFileSync(path, text);
  chownSync(path, uid, uid);
};

takeCode(inRepository('dist'));

describe('a thrown-away root', () => {
  let world: ThrownAway;

  beforeEach(async () => {
    for (const folder of [FOLDER, HOME, DISK, `${HOME}/tree`, `${HOME}/tree/below`]) {
      mkdirSync(folder);
      chownSync(folder, UID, UID);
    }
    fileOf(`${HOME}/kept`, 'before\n');
    fileOf(`${HOME}/gone`, 'before\n');
    fileOf(`${HOME}/tree/a`, 'a');
    fileOf(`${HOME}/tree/below/b`, 'bb');
    fileOf(`${DISK}/file`, 'on the disk\n');
    world = await ThrownAway.make(`${FOLDER}/staging`, [DISK]);
  });
  afterEach(async () => {
    await world.remove();
    rmSync(FOLDER, { recursive: true });
  });

  /** Those of this test's folder, by their paths below it. */
  const told = async (): Promise<Record<string, Omit<Change, 'path'>>> => {
    const { changes, cut } = await changesOf(world.staging, [DISK]);
    assert.equal(cut, false);
    return Object.fromEntries(changes.map(({ path, ...rest }) => [path.replace(`${FOLDER}/`, ''), rest]));
  };
  const kept = (caller: Caller, ...paths: readonly string[]): Promise<number> =>
    keep(world.staging, { disks: [DISK], paths: paths.map(path => (path.startsWith('/') ? path : `${HOME}/${path}`)), caller });
  const refused = async (caller: Caller, ...paths: readonly string[]): Promise<Refusal['failure']> => {
    try {
      await kept(caller, ...paths);
    } catch (error) {
      if (error instanceof Refusal) return error.failure;
      throw error;
    }
    throw new Error('it was kept');
  };

  describe('tells', () => {
    it('nothing before anything is written', async () => {
      assert.deepEqual(await told(), {});
    });

    it('what was added, changed and removed, and no directory that only leads there', async () => {
      world.run(
        `cd ${HOME}; echo after > kept; rm gone; mkdir new; echo x > new/x; ln -s /etc/passwd link; chmod 700 tree; echo yes >> ${DISK}/file`,
      );
      assert.deepEqual(await told(), {
        'home/kept': { kind: 'changed', type: 'file', sizeBytes: 6 },
        'home/gone': { kind: 'removed', type: 'file', sizeBytes: 7 },
        'home/new': { kind: 'added', type: 'directory', sizeBytes: 60 },
        'home/new/x': { kind: 'added', type: 'file', sizeBytes: 2 },
        'home/link': { kind: 'added', type: 'symlink', sizeBytes: 11 },
        'home/tree': { kind: 'changed', type: 'directory', sizeBytes: 40 },
        'disk/file': { kind: 'changed', type: 'file', sizeBytes: 16 },
      });
    });

    it('what a directory hides that was made anew, at every depth', async () => {
      world.run(`cd ${HOME}; rm -r tree; mkdir -p tree/below; echo new > tree/below/c`);
      const changes = await told();
      assert.deepEqual(changes['home/tree/a'], { kind: 'removed', type: 'file', sizeBytes: 1 });
      assert.deepEqual(changes['home/tree/below/b'], { kind: 'removed', type: 'file', sizeBytes: 2 });
      assert.deepEqual(changes['home/tree/below/c'], { kind: 'added', type: 'file', sizeBytes: 4 });
    });

    it('what has become of another type', async () => {
      world.run(`cd ${HOME}; rm kept; mkdir kept; echo x > kept/x; rm -r tree; echo file > tree; mkfifo pipe`);
      const changes = await told();
      assert.equal(changes['home/kept']?.type, 'directory');
      assert.deepEqual(changes['home/kept/x'], { kind: 'added', type: 'file', sizeBytes: 2 });
      assert.deepEqual(changes['home/tree'], { kind: 'changed', type: 'file', sizeBytes: 5 });
      assert.deepEqual(changes['home/pipe'], { kind: 'added', type: 'other', sizeBytes: 0 });
      assert.equal(changes['home/tree/a'], undefined);
    });

    it('names as they are, and that it does not look below one that is no text', async () => {
      world.run(
        `cd ${HOME}; touch "$(printf 'a\\nb')" "$(printf '\\033[31m')" '$(touch x)'; mkdir "$(printf 'bad\\377')"; touch "$(printf 'bad\\377')"/below`,
      );
      const { changes, cut } = await changesOf(world.staging, [DISK]);
      assert.equal(cut, true);
      assert.deepEqual(
        changes.map(({ path }) => path.slice(HOME.length + 1)).sort(),
        ['a\nb', '\u001b[31m', '$(touch x)', 'bad\ufffd'].sort(),
      );
    });

    it('ten thousand changes and that there are more', async () => {
      world.run(`cd ${HOME}; mkdir many; cd many; seq 1 12000 | xargs touch`);
      const { changes, cut } = await changesOf(world.staging, [DISK]);
      assert.deepEqual([changes.length, cut], [10_000, true]);
    });

    it('what is in directories as deep as a path can be, and that there is more below', async () => {
      world.run(`cd ${HOME}; for i in $(seq 1 30); do d=$(printf '%0200d' $i); mkdir $d; cd -P $d; done; touch end`);
      const { changes, cut } = await changesOf(world.staging, [DISK]);
      assert.equal(cut, true);
      assert.ok(changes.length >= 18 && changes.length < 30, `${changes.length}`);
    });

    it('nothing of what a directory is swapped for while it is looked at', async () => {
      const swap = `cd ${HOME}; mkdir race; touch race/own; ln -s /etc other; i=0; while [ $i -lt 100000 ]; do mv -T race spare; mv -T other race; mv -T race other; mv -T spare race; i=$((i+1)); done`;
      const [command = '', ...rest] = world.prefix;
      const child = spawn(command, [...rest, 'sh', '-c', swap], { stdio: 'ignore' });
      try {
        for (let round = 0; round < 100; round++) {
          const { changes } = await changesOf(world.staging, [DISK]);
          for (const { path } of changes) assert.match(path, /\/home(?:\/(?:race|spare|other)(?:\/own)?)?$/);
        }
        assert.equal(child.exitCode, null, 'it was swapped all the time');
      } finally {
        child.kill('SIGKILL');
      }
    });
  });

  describe('keeps', () => {
    it('files with their content and permissions, as the caller’s', async () => {
      world.run(`cd ${HOME}; echo after > kept; mkdir -m 750 new; echo x > new/x; chmod 6755 new/x; ln -s ../kept new/link`);
      assert.equal(await kept(someone, 'kept', 'new/x', 'new/link'), 3);
      assert.equal(readFileSync(`${HOME}/kept`, 'utf8'), 'after\n');
      assert.equal(readFileSync(`${HOME}/new/x`, 'utf8'), 'x\n');
      assert.equal(readlinkSync(`${HOME}/new/link`), '../kept');
      const [folder, file] = [lstatSync(`${HOME}/new`), lstatSync(`${HOME}/new/x`)];
      assert.deepEqual([folder.mode & 0o7777, folder.uid, folder.gid], [0o750, UID, UID]);
      assert.deepEqual([file.mode & 0o7777, file.uid, file.gid], [0o755, UID, UID]);
      assert.deepEqual(readdirSync(`${HOME}/new`).sort(), ['link', 'x']);
    });

    it('what only root inside can read, of other users there too', async () => {
      world.run(`cd ${HOME}; echo secret > kept; chown 100000:100000 kept; chmod 600 kept`);
      assert.equal(await kept(someone, 'kept'), 1);
      assert.deepEqual([readFileSync(`${HOME}/kept`, 'utf8'), lstatSync(`${HOME}/kept`).uid], ['secret\n', UID]);
    });

    it('what was removed, a whole directory too, and what a new directory hides', async () => {
      world.run(`cd ${HOME}; rm gone; rm -r tree; mkdir tree`);
      assert.equal(await kept(someone, 'gone', 'tree/below'), 2);
      assert.deepEqual(readdirSync(HOME).sort(), ['kept', 'tree']);
      assert.deepEqual(readdirSync(`${HOME}/tree`), ['a']);
    });

    it('a directory that was a file', async () => {
      world.run(`cd ${HOME}; rm kept; mkdir kept; echo x > kept/x`);
      assert.equal(await kept(someone, 'kept/x', 'kept'), 2);
      assert.equal(readFileSync(`${HOME}/kept/x`, 'utf8'), 'x\n');
    });

    it('what is on another disk', async () => {
      world.run(`echo after > ${DISK}/file`);
      assert.equal(await kept(someone, `${DISK}/file`), 1);
      assert.equal(readFileSync(`${DISK}/file`, 'utf8'), 'after\n');
    });

    it('a large file whole', async () => {
      world.run(`cd ${HOME}; seq 1 700000 > kept; sha256sum kept > sum`);
      assert.equal(await kept(someone, 'kept', 'sum'), 2);
      execFileSync('sha256sum', ['--check', '--status', 'sum'], { cwd: HOME });
    });

    it('for root', async () => {
      world.run(`echo x > ${FOLDER}/root`);
      assert.equal(await kept(root, `${FOLDER}/root`), 1);
      assert.equal(lstatSync(`${FOLDER}/root`).uid, 0);
    });

    it('where a supplementary group of the caller may write', async () => {
      mkdirSync(`${HOME}/shared`);
      chownSync(`${HOME}/shared`, 0, GROUP);
      chmodSync(`${HOME}/shared`, 0o770);
      world.run(`echo x > ${HOME}/shared/x`);
      assert.equal((await refused({ ...someone, groups: [] }, 'shared/x')).kind, 'denied');
      assert.equal(await kept(someone, 'shared/x'), 1);
    });
  });

  describe('does not keep', () => {
    it('what the caller may not write, and says how far it came', async () => {
      fileOf(`${HOME}/theirs`, 'before\n', 0);
      world.run(`cd ${HOME}; echo after > theirs; echo after > kept`);
      const failure = await refused(someone, 'kept', 'theirs');
      assert.deepEqual([failure.kind, failure.syscall, failure.errno, failure.subject], ['denied', 'open', 'EACCES', `${HOME}/theirs`]);
      assert.equal(
        failure.message,
        `Could not keep ${HOME}/theirs: you may not write it on this machine (open: EACCES). 1 of 2 were kept before.`,
      );
      assert.equal(readFileSync(`${HOME}/theirs`, 'utf8'), 'before\n');
    });

    it('in a directory that the caller may not write', async () => {
      world.run('echo x > /etc/burrow-kernel-changes; rm /etc/hostname');
      assert.deepEqual((await refused(someone, '/etc/burrow-kernel-changes')).errno, 'EACCES');
      assert.deepEqual((await refused(someone, '/etc/hostname')).errno, 'EACCES');
      assert.ok(existsSync('/etc/hostname') && !existsSync('/etc/burrow-kernel-changes'));
    });

    it('through a symbolic link of this machine', async () => {
      symlinkSync('/etc', `${HOME}/link`);
      world.run(`cd ${HOME}; rm link; mkdir link; echo x > link/burrow-kernel-changes`);
      const failure = await refused(root, 'link/burrow-kernel-changes');
      assert.equal(
        failure.message,
        `Could not keep ${HOME}/link/burrow-kernel-changes: ${HOME}/link is no directory on this machine, but a file or a symbolic link.`,
      );
      assert.equal(existsSync('/etc/burrow-kernel-changes'), false);
    });

    it('through a symbolic link inside', async () => {
      world.run(`cd ${HOME}; ln -s /etc inside`);
      assert.equal((await refused(root, 'inside/passwd')).kind, 'unknown');
    });

    it('what a directory is swapped for meanwhile', async () => {
      world.run(`cd ${HOME}; mkdir race; echo mine > race/passwd; ln -s /etc other`);
      const swap = `cd ${HOME}; while :; do mv -T race spare; mv -T other race; mv -T race other; mv -T spare race; done`;
      const [command = '', ...rest] = world.prefix;
      const child = spawn(command, [...rest, 'sh', '-c', swap], { stdio: 'ignore' });
      try {
        for (let round = 0; round < 20; round++) {
          try {
            await kept(root, 'race/passwd');
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
          if (existsSync(`${HOME}/race`)) assert.equal(readFileSync(`${HOME}/race/passwd`, 'utf8'), 'mine\n');
        }
      } finally {
        child.kill('SIGKILL');
      }
    });

    it('a FIFO, and what the sandbox did not change', async () => {
      world.run(`mkfifo ${HOME}/pipe`);
      assert.equal((await refused(someone, 'pipe')).message, `Could not keep ${HOME}/pipe: it is no file, directory or symbolic link.`);
      assert.equal((await refused(someone, 'tree/a')).message, `Could not keep ${HOME}/tree/a: the sandbox did not change it.`);
      assert.equal((await refused(someone, `${HOME}/../../../etc/passwd`)).kind, 'unknown');
      assert.equal((await refused(someone, '/')).kind, 'unknown');
    });

    it('half of a file', async () => {
      world.run(`cd ${HOME}; rm -r tree; echo x > tree`);
      assert.equal((await refused(someone, 'tree')).message, `Could not keep ${HOME}/tree: it is a directory on this machine.`);
      assert.deepEqual(readdirSync(HOME).sort(), ['gone', 'kept', 'tree']);
    });
  });
});
