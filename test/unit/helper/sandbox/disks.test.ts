import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { disksOf } from '../../../../helper/sandbox/disks.ts';

const line = (path: string, fileSystem: string, root = '/'): string => `36 35 98:0 ${root} ${path} rw shared:1 - ${fileSystem} /dev/x rw\n`;

describe('disksOf', () => {
  it('names file systems that hold files, the outer before the inner, each once', () => {
    const mounts = [line('/', 'ext4'), line('/srv/data', 'xfs'), line('/home', 'btrfs'), line('/srv', 'nfs4'), line('/home', 'btrfs')];
    assert.deepEqual(disksOf(mounts.join('')), ['/srv', '/home', '/srv/data']);
  });

  it('leaves out what is a view of the kernel or in memory', () => {
    assert.deepEqual(
      disksOf(['proc', 'sysfs', 'tmpfs', 'devpts', 'cgroup2', 'nsfs', 'overlayfs-like'].map(type => line('/mnt/x', type)).join('')),
      [],
    );
  });

  it('leaves out what the sandbox has its own of', () => {
    const own = ['/proc/x', '/sys', '/dev/shm', '/run', '/run/media', '/tmp/disk'];
    assert.deepEqual(disksOf(own.map(path => line(path, 'ext4')).join('')), []);
    assert.deepEqual(disksOf(line('/running', 'ext4')), ['/running']);
  });

  it('reads the octal escapes of mountinfo', () => assert.deepEqual(disksOf(line('/my\\040disk', 'fuse.sshfs')), ['/my disk']));
});
