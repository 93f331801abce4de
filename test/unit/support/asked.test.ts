import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { named, readWords } from '../../support/asked.mjs';

const layers = { lint: {}, kernel: { takes: 'files' }, e2e: { takes: 'files' } };

describe('readWords', () => {
  it('gives each layer the words after it', () =>
    assert.deepEqual(readWords(['lint', 'kernel', 'sandbox/life', 'entry/', 'e2e'], layers), {
      asked: [
        { layer: 'lint', words: [] },
        { layer: 'kernel', words: ['sandbox/life', 'entry/'] },
        { layer: 'e2e', words: [] },
      ],
      mayInstall: true,
    }));

  it('asks for nothing without words', () => assert.deepEqual(readWords([], layers), { asked: [], mayInstall: true }));

  for (const words of [
    ['--no-install', 'kernel', 'crash'],
    ['kernel', 'crash', '--no-install'],
  ])
    it(`finds the option in ${words.join(' ')}`, () =>
      assert.deepEqual(readWords(words, layers), { asked: [{ layer: 'kernel', words: ['crash'] }], mayInstall: false }));

  for (const [words, message] of [
    [['sandbox/life'], 'sandbox/life is no layer; the layers are lint, kernel, e2e'],
    [['lint', 'kernle'], 'kernle is no layer, and lint takes no words'],
    [['toString'], 'toString is no layer; the layers are lint, kernel, e2e'],
    [['kernel', '--install'], '--install is no option; the only one is --no-install'],
  ] as const)
    it(`refuses ${words.join(' ')}`, () => assert.throws(() => readWords(words, layers), { message }));
});

describe('named', () => {
  const files = ['test/kernel/sandbox/life.test.ts', 'test/kernel/sandbox.test.ts', 'test/kernel/entry/plain.test.ts'];

  it('takes all files without a word', () => assert.deepEqual(named(files, []), files));

  it('takes those that have a word in their paths, each once', () => {
    assert.deepEqual(named(files, ['sandbox/life']), files.slice(0, 1));
    assert.deepEqual(named(files, ['sandbox', 'life']), files.slice(0, 2));
    assert.deepEqual(named(files, ['test/kernel/entry/plain.test.ts']), files.slice(2));
  });

  it('refuses a word that is in none', () =>
    assert.throws(() => named(files, ['life', 'network/']), { message: 'No file of tests here has network/ in its path' }));
});
