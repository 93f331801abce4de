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
    const definition = readDefinition(file('{\n  // mine\n  "name": "web",\n  "network": "none",\n}\n'), undefined);
    assert.equal(definition.name, 'web');
    assert.equal(definition.network, 'none');
  });

  it('names the line that is no JSON', () => {
    const path = file('{\n  "name": "web"\n  "network": "none"\n}\n');
    assert.throws(
      () => readDefinition(path, undefined),
      new Refusal('invalid', `${path}: line 3 is no JSON with comments: CommaExpected.`, { subject: path }),
    );
  });

  it('names the key that is wrong', () => {
    const path = file('{"name": "web", "network": {"host": "10.0.0.1", "address": "10.0.0.2/30"}}');
    const message = `${path}: network.host must be an IPv4 address with a prefix, like 10.201.0.1/30.`;
    assert.throws(() => readDefinition(path, undefined), new Refusal('invalid', message, { subject: path }));
  });

  const several = '{"sandboxes": {"web": {"hostname": "a"}, "db": {"hostname": "b"}}}';

  it('takes of several the one that is named', () => {
    assert.equal(readDefinition(file(several), 'db').hostname, 'b');
    assert.equal(readDefinition(file(several), 'web').name, 'web');
    assert.equal(readDefinition(file('{"name": "web"}'), 'web').name, 'web');
  });

  const refused = [
    [several, undefined, 'it defines several sandboxes; say which: web, db'],
    [several, 'cache', 'it defines no cache, only web, db'],
    ['{"name": "web"}', 'db', 'it defines no db, only web'],
    ['{"sandboxes": {}}', 'db', 'sandboxes names none'],
    // All are checked: a file is right or wrong as a whole.
    ['{"sandboxes": {"web": {}, "db": {"users": 5}}}', 'web', /^sandboxes\.db: users must be /],
  ] as const;
  for (const [text, name, problem] of refused)
    it(`refuses ${text} for ${name ?? 'no name'}: ${problem}`, () => {
      const path = file(text);
      assert.throws(
        () => readDefinition(path, name),
        (error: unknown) => {
          assert.ok(error instanceof Refusal);
          assert.equal(error.failure.kind, 'invalid');
          const said = error.message.slice(`${path}: `.length, -1);
          if (typeof problem === 'string') assert.equal(said, problem);
          else assert.match(said, problem);
          return true;
        },
      );
    });

  it('names a file that is not there', () => {
    const path = join(folder, 'none.jsonc');
    assert.throws(() => readDefinition(path, undefined), { code: 'ENOENT', syscall: 'open', path });
  });
});
