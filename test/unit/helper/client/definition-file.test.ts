import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readDefinition } from '../../../../helper/client/definition-file.ts';
import { Refusal } from '../../../../helper/sys/errors.ts';

describe('readDefinition', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-definition-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const file = (text: string): string => {
    const path = join(folder, 'web.burrow.jsonc');
    writeFileSync(path, text);
    return path;
  };

  it('reads JSON with comments and trailing commas', () => {
    const definition = readDefinition(file('{\n  // mine\n  "name": "web",\n  "network": "none",\n}\n'));
    assert.equal(definition.name, 'web');
    assert.equal(definition.network, 'none');
  });

  it('names the line that is no JSON', () => {
    const path = file('{\n  "name": "web"\n  "network": "none"\n}\n');
    assert.throws(
      () => readDefinition(path, undefined),
      new Refusal('invalid', `${path}:3 is no JSON with comments: CommaExpected.`, { subject: path }),
    );
  });

  it('names the key that is wrong', () => {
    const path = file('{"name": "web", "network": {"host": "10.0.0.1", "address": "10.0.0.2/30"}}');
    const message = `${path}: network.host must be an IPv4 address with a prefix, like 10.201.0.1/30.`;
    assert.throws(() => readDefinition(path, undefined), new Refusal('invalid', message, { subject: path }));
  });

  it('names a file that is not there', () => {
    const path = join(folder, 'none.jsonc');
    assert.throws(() => readDefinition(path, undefined), { code: 'ENOENT', syscall: 'open', path });
  });
});
