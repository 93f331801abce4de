import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { version } from '../../../helper/version.ts';
import { inRepository } from '../../support/repository.ts';

describe('version', () => {
  it('is that of package.json', () => {
    const manifest: unknown = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    assert.ok(typeof manifest === 'object' && manifest !== null && 'version' in manifest);
    assert.equal(version, manifest.version);
  });
});
