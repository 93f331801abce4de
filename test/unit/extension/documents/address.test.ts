import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressOf, readAddress } from '../../../../extension/documents/address.ts';
import { touches } from '../../../../extension/documents/freshness.ts';
import { Machine } from '../../../../extension/machine/machine.ts';
import { difference } from '../../../support/snapshots.ts';
import { machine, process, redis, redisInodes, snapshot } from '../example.ts';

describe("a document's address", () => {
  const shown = { kind: 'namespace', key: { type: 'net', inode: 20 } } as const;

  test('ends in what the tab shows, and says what is shown', () => {
    const address = addressOf(machine, shown);
    assert.equal(address.path, '/net 20 (redis-1)');
    assert.deepEqual(readAddress(address.query), shown);
    assert.equal(addressOf(machine, { kind: 'process', pid: 80, start: 800 }).path, '/process 80 redis-server');
  });

  test('of something with a hostile name is still one path', () => {
    const evil = new Machine({ ...snapshot, containers: [{ ...redis, name: '../../etc\n?#' }] });
    assert.equal(addressOf(evil, shown).path, '/net 20 (.._.._etc␊__)');
  });

  test('of anybody else is none', () => {
    for (const query of ['', '{}', '{"kind":"namespace","key":{"type":"x","inode":1}}', '{"kind":"process","pid":-1,"start":0}'])
      assert.equal(readAddress(query), undefined, query);
  });
});

describe('a difference', () => {
  const with81As = (processes: typeof snapshot.processes) => difference(snapshot, { ...snapshot, processes });

  test('touches the namespaces that it names, and those of the processes that it names', () => {
    const more = with81As([...snapshot.processes, process(99, 'new', redisInodes)]);
    assert.equal(touches([more], { type: 'net', inode: 20 }), true);
    assert.equal(touches([more], { type: 'net', inode: 30 }), false);
    const less = difference(snapshot, { ...snapshot, namespaces: snapshot.namespaces.filter(each => each.inode !== 40) });
    assert.equal(touches([less], { type: 'net', inode: 40 }), true);
    assert.equal(touches(undefined, { type: 'net', inode: 40 }), true);
  });
});
