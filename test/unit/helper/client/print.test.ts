import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { inRepository } from '../../../support/repository.ts';

describe('the command line', () => {
  it('prints by one file, which shows controls and does not pass them on', () => {
    const files = ['main.ts', ...readdirSync(inRepository('helper/client')).map(file => `client/${file}`)];
    const printing = files.filter(file => /\bstd(?:out|err)\.write\(|\bconsole\./.test(readFileSync(inRepository('helper', file), 'utf8')));
    assert.deepEqual(printing, ['client/print.ts']);
  });
});
