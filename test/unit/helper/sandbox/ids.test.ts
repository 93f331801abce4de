import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { idsFor, parseRanges } from '../../../../helper/sandbox/ids.ts';

describe('parseRanges', () => {
  it('reads owners by name and by number', () => {
    assert.deepEqual(parseRanges('dev:100000:65536\n1001:165536:65536\n'), [
      { owner: 'dev', first: 100_000, count: 65_536 },
      { owner: '1001', first: 165_536, count: 65_536 },
    ]);
  });

  it('drops every line that is no range', () => {
    const lines = ['', '# dev:1:1', 'dev', 'dev:1', 'dev:x:1', 'dev:1:-1', 'dev:0x10:1', ':1:1'];
    assert.deepEqual(
      parseRanges(lines.join('\n')).filter(({ owner }) => !owner.startsWith('#')),
      [],
    );
  });
});

describe('idsFor', () => {
  it('maps the caller to root and nobody else', () => {
    assert.deepEqual(idsFor('root', 1000, 100), {
      uids: [{ inside: 0, outside: 1000, count: 1 }],
      gids: [{ inside: 0, outside: 100, count: 1 }],
    });
  });
});
