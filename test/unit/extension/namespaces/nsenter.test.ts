import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Machine } from '../../../../extension/machine/machine.ts';
import { nsenterCommand } from '../../../../extension/namespaces/nsenter.ts';
import { type Namespace, noHolders } from '../../../../helper/protocol/model.ts';
import { machine, namespace, snapshot } from '../example.ts';
import { unusual } from '../unusual.ts';

describe('the nsenter command', () => {
  test('of a container enters what it has of its own', () => {
    assert.equal(nsenterCommand(machine, { kind: 'container', id: 'c1' }), 'nsenter --target 80 --net --mount --pid --uts --ipc');
  });

  test('of a namespace enters it through its oldest process', () => {
    assert.equal(nsenterCommand(machine, { kind: 'namespace', key: { type: 'net', inode: 20 } }), 'nsenter --target 80 --net');
  });

  test('of mounts enters what holds their programs, too', () => {
    const command = (mnt: Namespace) =>
      nsenterCommand(new Machine({ ...snapshot, namespaces: [...snapshot.namespaces, mnt] }), {
        kind: 'namespace',
        key: { type: 'mnt', inode: mnt.inode },
      });
    const inhabited = namespace({ type: 'mnt', inode: 21 }, { holders: { ...noHolders, processes: 1, oldest: 80 } });
    assert.equal(command(inhabited), 'nsenter --target 80 --mount --pid');
    const kept = namespace({ type: 'mnt', inode: 42 }, { owner: 99, holders: { ...noHolders, mounts: [{ path: '/run/kept' }] } });
    assert.equal(command(kept), undefined);
  });

  test('of a namespace without a process enters it through its file', () => {
    assert.equal(nsenterCommand(machine, { kind: 'namespace', key: { type: 'net', inode: 40 } }), 'nsenter --net=/run/netns/blue');
  });

  test('quotes a path for the shell that it is pasted into', () => {
    const evil = namespace({ type: 'net', inode: 41 }, { holders: { ...noHolders, mounts: [{ path: "/run/netns/a'; reboot" }] } });
    const command = nsenterCommand(new Machine({ ...snapshot, namespaces: [evil] }), {
      kind: 'namespace',
      key: { type: 'net', inode: 41 },
    });
    assert.equal(command, "nsenter '--net=/run/netns/a'\\''; reboot'");
  });

  test('of a namespace that a thread, an open file or a next child keeps enters it through that', () => {
    const command = (type: 'net' | 'pid', inode: number) => nsenterCommand(unusual, { kind: 'namespace', key: { type, inode } });
    assert.equal(command('net', 51), 'nsenter --net=/proc/100/task/101/ns/net');
    assert.equal(command('net', 52), 'nsenter --net=/proc/100/fd/7');
    assert.equal(command('pid', 57), 'nsenter --pid=/proc/100/ns/pid_for_children');
    assert.equal(command('net', 53), undefined);
  });

  test('is none where nothing leads there', () => {
    assert.equal(nsenterCommand(machine, { kind: 'namespace', key: { type: 'net', inode: 99 } }), undefined);
    assert.equal(nsenterCommand(machine, { kind: 'process', pid: 4711, start: 1 }), undefined);
  });
});
