import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { escapeMarkdown, inert, pathSegment, visible } from '../../../extension/hostile-text.ts';

/** What a process may call itself, and how it is shown as a label, in Markdown, and where the workbench follows links. */
const hostile: readonly (readonly [string, string, string, string])[] = [
  ['a\nb', 'a␊b', 'a␊b', 'a␊b'],
  ['\x1b[31mred', '␛[31mred', '␛\\[31mred', '␛[31mred'],
  ['\x1b]8;;http://x\x07y', '␛]8;;http://x␇y', '␛\\]8\\;\\;http\\:\\/\\/x␇y', '␛]8;;http://x␇y'],
  ['[a](command:x)', '[a](command:x)', '\\[a\\]\\(command\\:x\\)', '[a] (command:x)'],
  ['`code`', '`code`', '\\`code\\`', '`code`'],
  ['<img src=x>', '<img src=x>', '\\<img src\\=x\\>', '<img src=x>'],
  ['$(trash)', '$(trash)', '\\$\\(trash\\)', '$ (trash)'],
  ['&lt;', '&lt;', '\\&lt\\;', '&lt;'],
  ['x\u202egnp.exe', 'x\\u{202e}gnp.exe', 'x\\\\u\\{202e\\}gnp\\.exe', 'x\\u{202e}gnp.exe'],
  ['a\u200bb', 'a\\u{200b}b', 'a\\\\u\\{200b\\}b', 'a\\u{200b}b'],
  ['del\x7f', 'del␡', 'del␡', 'del␡'],
  ['\x9b31m', '\\u{9b}31m', '\\\\u\\{9b\\}31m', '\\u{9b}31m'],
  ['\ud800', '\\u{d800}', '\\\\u\\{d800\\}', '\\u{d800}'],
  ['Grüße 世界 🐇', 'Grüße 世界 🐇', 'Grüße 世界 🐇', 'Grüße 世界 🐇'],
];

describe('text of other processes', () => {
  for (const [text, label, markdown, notification] of hostile) {
    test(`${JSON.stringify(text)} has no effect`, () => {
      assert.equal(visible(text), label);
      assert.equal(escapeMarkdown(text), markdown);
      assert.equal(inert(text), notification);
    });
  }

  test('long text is cut at whole characters', () => {
    assert.equal(visible('a'.repeat(101)), `${'a'.repeat(99)}…`);
    assert.equal(visible('a'.repeat(100)), 'a'.repeat(100));
    assert.equal(visible('🐇'.repeat(5000), 3), '🐇🐇…');
  });

  test('a path segment has nothing that an address gives a meaning to', () => {
    assert.equal(pathSegment('net 5 (a/../b?c#d%2f\n)'), 'net 5 (a_.._b_c_d_2f␊)');
  });
});
