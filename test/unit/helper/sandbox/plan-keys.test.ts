import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changed, planLines } from './plans.ts';

const overlay = [
  'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper", 0755)',
  'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work", 0755)',
  'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper/0", 0755)',
  'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work/0", 0755)',
  'stage   mount("overlay", "/run/burrow/staging/root", "overlay", MS_NODEV, "lowerdir=/,upperdir=/run/burrow/staging/upper/0,workdir=/run/burrow/staging/work/0")',
];
const bindOnItself = 'stage   mount("/run/burrow/staging/root", "/run/burrow/staging/root", NULL, MS_BIND|MS_REC, NULL)';
const readonly = 'stage   mount_setattr(AT_FDCWD, "/run/burrow/staging/root", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)';

describe('a key of the definition', () => {
  it('hostname: is set instead of the name', () => {
    assert.deepEqual(changed({ hostname: 'db.test' }), {
      gone: ['stage   sethostname("web", 3)'],
      new: ['stage   sethostname("db.test", 7)'],
    });
  });

  it('users auto: maps the ranges, and leaves setgroups allowed', () => {
    const ids = [
      { inside: 0, outside: 1000, count: 1 },
      { inside: 1, outside: 100_000, count: 65_536 },
    ];
    assert.deepEqual(changed({ users: 'auto' }, { uids: ids, gids: ids }), {
      gone: ['helper  write uid_map: 0 1000 1; gid_map: 0 1000 1; setgroups: deny'],
      new: ['helper  write uid_map: 0 1000 1, 1 100000 65536; gid_map: 0 1000 1, 1 100000 65536'],
    });
  });

  it('time: writes the offsets before the first process is in the namespace', () => {
    const difference = changed({ time: { boottimeSeconds: 86_400 } });
    assert.deepEqual(difference, { gone: [], new: ['helper  write timens_offsets: monotonic 0, boottime 86400'] });
    const lines = planLines({ time: { boottimeSeconds: 86_400 } });
    assert.ok(lines.indexOf(difference.new[0] ?? '') < lines.indexOf('stage   clone(CLONE_PARENT|SIGCHLD)'));
  });

  it('root readonly: binds this machine’s files unchangeable', () => {
    assert.deepEqual(changed({ root: 'readonly' }), {
      gone: overlay,
      new: [
        'stage   mount("/", "/run/burrow/staging/root", NULL, MS_BIND|MS_REC, NULL)',
        'stage   mount_setattr(AT_FDCWD, "/run/burrow/staging/root", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NODEV}, 32)',
        ...['proc', 'sys', 'dev', 'run'].map(
          name => `stage   mount("tmpfs", "/run/burrow/staging/root/${name}", "tmpfs", MS_NOSUID|MS_NODEV, "mode=755")`,
        ),
      ],
    });
  });

  it('root directory: is bound as the caller, after the user namespace', () => {
    const bind = 'stage   mount("/srv/image", "/run/burrow/staging/root", NULL, MS_BIND|MS_REC, NULL)';
    assert.deepEqual(changed({ root: { directory: '/srv/image' } }), { gone: [...overlay, bindOnItself], new: [bind, readonly] });
    assert.deepEqual(changed({ root: { directory: '/srv/image', readonly: false } }).new, [bind]);
    const lines = planLines({ root: { directory: '/srv/image' } });
    assert.ok(lines.indexOf(bind) > lines.indexOf('stage   unshare(CLONE_NEWUSER)'));
  });

  it('root discard: covers the host’s other disks, which may fail', () => {
    assert.deepEqual(changed({}, { disks: ['/home', '/srv/a,b:c'] }).new, [
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper/1", 0755)',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work/1", 0755)',
      'stage   mount("overlay", "/run/burrow/staging/root/home", "overlay", MS_NODEV, "lowerdir=/home,upperdir=/run/burrow/staging/upper/1,workdir=/run/burrow/staging/work/1")  # may fail',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/upper/2", 0755)',
      'stage   mkdirat(AT_FDCWD, "/run/burrow/staging/work/2", 0755)',
      'stage   mount("overlay", "/run/burrow/staging/root/srv/a,b:c", "overlay", MS_NODEV, "lowerdir=/srv/a\\\\,b\\\\:c,upperdir=/run/burrow/staging/upper/2,workdir=/run/burrow/staging/work/2")  # may fail',
    ]);
  });

  it('mounts: come in their order, a bind read-only unless it says otherwise', () => {
    const difference = changed({
      mounts: [
        { type: 'tmpfs', path: '/var/cache', sizeBytes: 65_536, mode: '700' },
        { type: 'bind', source: '/home/dev/src', path: '/src' },
        { type: 'bind', source: '/home/dev/out', path: '/out', readonly: false },
      ],
    });
    assert.deepEqual(difference, {
      gone: ['stage   mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID|MS_NODEV, "mode=1777")'],
      new: [
        'stage   open_tree(AT_FDCWD, "/home/dev/src", OPEN_TREE_CLONE|AT_RECURSIVE|OPEN_TREE_CLOEXEC)',
        'stage   open_tree(AT_FDCWD, "/home/dev/out", OPEN_TREE_CLONE|AT_RECURSIVE|OPEN_TREE_CLOEXEC)',
        'stage   mount("tmpfs", "/var/cache", "tmpfs", MS_NOSUID|MS_NODEV, "mode=700,size=65536")',
        'stage   mount_setattr(<mount 1>, "", AT_EMPTY_PATH|AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY}, 32)',
        'stage   move_mount(<mount 1>, "", AT_FDCWD, "/src", MOVE_MOUNT_F_EMPTY_PATH)',
        'stage   close(<mount 1>)',
        'stage   move_mount(<mount 2>, "", AT_FDCWD, "/out", MOVE_MOUNT_F_EMPTY_PATH)',
        'stage   close(<mount 2>)',
      ],
    });
  });

  it('network none: leaves the loopback', () => {
    const difference = changed({ network: 'none' }, { network: undefined });
    assert.deepEqual(difference.new, []);
    assert.equal(difference.gone.length, 5);
    assert.ok(planLines({ network: 'none' }, { network: undefined }).includes('helper  RTM_NEWLINK lo inside: up'));
  });

  it('command, environment and directory: are no part of the plan', () => {
    const difference = changed({ command: ['make'], environment: { A: 'b' }, directory: '/src', $schema: 'burrow.json' });
    assert.deepEqual(difference, { gone: [], new: [] });
  });
});
