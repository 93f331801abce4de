import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findLinks } from '../../../../extension/documents/links.ts';

const found = (text: string): [string, string | number][] =>
  findLinks(text).map(({ start, end, to }) => [
    text.slice(start, end),
    to.kind === 'namespace' ? `${to.key.type} ${to.key.inode}` : to.pid,
  ]);

describe('links of a details document', () => {
  test('every inode is one, wherever it is', () => {
    assert.deepEqual(found('# net:[20] of x\nowner: user:[13] # y\n    peer: veth0 in net:[4026531833]\n'), [
      ['net:[20]', 'net 20'],
      ['user:[13]', 'user 13'],
      ['net:[4026531833]', 'net 4026531833'],
    ]);
  });

  test('a pid is one where the document names it', () => {
    const text = '# process 80 redis, init of x\nheld by:\n  - process 81 sh # pid 7 inside\npid: 80\nparent: 1 # systemd\ninit: 80\n';
    assert.deepEqual(
      found(text).map(([, to]) => to),
      [80, 81, 80, 1, 80],
    );
  });

  test('nothing else is one', () => {
    assert.deepEqual(found('command: kill process 1 pid: 1\nuser: 1000\nnet:[x] nets:[] net:[0] net:[99999999999]\n'), []);
  });
});
