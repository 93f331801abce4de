import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { joinWords, splitWords } from '../../../../extension/terminal/words.ts';

const lines: readonly (readonly [string, readonly string[]])[] = [
  ['', []],
  ['   ', []],
  ['ls -l', ['ls', '-l']],
  ['  ls   -l  ', ['ls', '-l']],
  ['echo "a b" c', ['echo', 'a b', 'c']],
  ['echo \'a "b"\'', ['echo', 'a "b"']],
  ['echo "a \\"b\\" \\n"', ['echo', 'a "b" \\n']],
  ['echo a\\ b', ['echo', 'a b']],
  ['a\'b\'"c"d', ['abcd']],
  ['echo "" x', ['echo', '', 'x']],
  ['echo $(reboot) > /x; y', ['echo', '$(reboot)', '>', '/x;', 'y']],
];

describe('a command line', () => {
  for (const [line, words] of lines) {
    test(`${JSON.stringify(line)} is split`, () => assert.deepEqual(splitWords(line), words));
  }

  test('with a quote that is not closed says so', () => {
    assert.throws(() => splitWords('echo "a'), { name: 'Unfinished', message: 'The quote " is not closed.' });
    assert.throws(() => splitWords("it's"), { name: 'Unfinished', message: "The quote ' is not closed." });
    assert.throws(() => splitWords('a\\'), { name: 'Unfinished', message: 'A backslash at the end escapes nothing.' });
  });
});

test('words that are joined are the same when they are split again', () => {
  for (const words of [['ls', '-l'], ['sh', '-c', 'echo \'a b\' \\ "c"'], ['', ' '], ["it's"], ['a\nb']])
    assert.deepEqual(splitWords(joinWords(words)), words);
  assert.equal(joinWords(['sh', '-c', 'a b']), "sh -c 'a b'");
});
