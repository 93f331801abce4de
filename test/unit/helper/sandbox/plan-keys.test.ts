import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changed, planLines } from './plans.ts';

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
