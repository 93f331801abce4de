import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Inside, readTag, tagOf } from '../../../../extension/terminal/inside.ts';
import { detached, type Kept, keptWords } from '../../../../extension/terminal/kept-words.ts';
import { lookOf } from '../../../../extension/terminal/look.ts';

const inside: Inside = {
  subject: { kind: 'container', id: 'c1' },
  name: 'redis-1',
  look: { icon: 'package', color: 'terminal.ansiBlue' },
  entry: { target: { container: 'c1', types: ['net'] }, command: ['sh'], environment: { A: 'b' } },
};
const now = Date.parse('2026-01-02T12:00:00Z');
const kept = (more: Partial<Kept> = {}): Kept => ({
  terminal: 't1',
  window: 'w',
  tag: tagOf(inside) ?? '',
  label: 'redis-1',
  attached: false,
  opened: '2026-01-02T11:55:00Z',
  ...more,
});

describe('the tag of a terminal', () => {
  test('is all that is needed to have it again', () => {
    assert.deepEqual(readTag(tagOf(inside) ?? ''), inside);
  });

  test('is not kept when the helper would not take it', () => {
    const environment = { A: 'x'.repeat(9000) };
    assert.equal(tagOf({ ...inside, entry: { ...inside.entry, environment } }), undefined);
  });

  test('is nothing when somebody else wrote it', () => {
    const bad = [
      '',
      '{}',
      '[]',
      'null',
      JSON.stringify({ ...inside, look: { icon: 'a $(b)', color: 'terminal.ansiBlue' } }),
      JSON.stringify({ ...inside, look: { icon: 'package', color: 'editor.background' } }),
      JSON.stringify({ ...inside, subject: { kind: 'container', id: '' } }),
      JSON.stringify({ ...inside, entry: { ...inside.entry, user: 'a b' } }),
      JSON.stringify({ ...inside, entry: { target: { pid: -1 } } }),
    ];
    for (const tag of bad) assert.equal(readTag(tag), undefined, tag);
    assert.equal(readTag(JSON.stringify({ ...inside, name: 'a\u001b[31m\nb' }))?.name, 'a␛[31m␊b');
  });

  test('takes every look that there is', () => {
    for (const type of ['net', 'mnt', 'pid', 'user', 'uts', 'ipc', 'cgroup', 'time'] as const) {
      const look = lookOf({ kind: 'namespace', key: { type, inode: 1 } });
      assert.deepEqual(readTag(tagOf({ ...inside, look }) ?? '')?.look, look);
    }
    const sandbox = lookOf({ kind: 'sandbox', id: 's1' });
    assert.deepEqual(readTag(tagOf({ ...inside, look: sandbox }) ?? '')?.look, sandbox);
  });
});

describe('a detached terminal', () => {
  test('is told by what it is in, what runs and since when', () => {
    assert.deepEqual(keptWords(kept({ command: ['sh', '-c', 'a b'] }), 'w', now), {
      label: 'redis-1',
      description: "sh -c 'a b'",
      detail: 'opened 5 minutes ago',
    });
  });

  test('says how it ended, and that it is of another window', () => {
    const { detail } = keptWords(kept({ window: 'other', ended: { signal: 'SIGKILL' } }), 'w', now);
    assert.equal(detail, 'opened 5 minutes ago · ended: killed by SIGKILL · of another window');
  });

  test('says since when in words that fit', () => {
    const since = (opened: string): string => keptWords(kept({ opened }), 'w', now).detail;
    assert.equal(since('2026-01-02T11:59:30Z'), 'opened just now');
    assert.equal(since('2026-01-02T11:00:00Z'), 'opened 1 hour ago');
    assert.equal(since('2025-12-30T12:00:00Z'), 'opened 3 days ago');
    assert.equal(since('soon'), 'opened just now');
  });

  test('without a tag of ours has the name that the helper gives it', () => {
    assert.equal(keptWords(kept({ tag: 'x', label: 'we\nb' }), 'w', now).label, 'we␊b');
  });

  test('comes in the order in which it was opened', () => {
    const [one, two, three] = [kept({ terminal: 'b', opened: '2026-01-02T11:56:00Z' }), kept(), kept({ terminal: 'c', attached: true })];
    assert.deepEqual(
      detached([one, two, three]).map(each => each.terminal),
      ['t1', 'b'],
    );
  });
});
