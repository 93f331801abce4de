import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_DEFINITION_BYTES, readDefinitions } from '../../../../helper/protocol/definition/file.ts';

const name = 'must be 1 to 32 lower-case letters, digits and dashes, with a letter or digit at both ends';
const json = 'is no JSON with comments';

const bad: readonly (readonly [string, string])[] = [
  ['', `line 1 ${json}: ValueExpected`],
  ['{', `line 1 ${json}: CloseBraceExpected`],
  ['{\n  "name": "web"\n  "init": true\n}', `line 3 ${json}: CommaExpected`],
  ['{\n\n\n  "name": web\n}', `line 4 ${json}: InvalidSymbol`],
  ['{"name": "a"} x', `line 1 ${json}: InvalidSymbol`],
  ['[]', 'a definition must be an object'],
  ['null', 'a definition must be an object'],
  ['{"name": "web", "networks": "none"}', '"networks" is not a key of a definition'],
  ['{"name": "web", "network": {"host": "10.0.0.1"}}', 'network.host must be an IPv4 address with a prefix, like 10.201.0.1/30'],
  ['{"sandboxes": 5}', 'sandboxes must be an object'],
  ['{"sandboxes": {}}', 'sandboxes names none'],
  ['{"sandboxes": {"web": 5}}', 'sandboxes.web must be an object'],
  ['{"sandboxes": {"a/b": {}}}', `"a/b" in sandboxes ${name}`],
  ['{"sandboxes": {"Web": {}}}', `"Web" in sandboxes ${name}`],
  ['{"sandboxes": {"web": {}}, "name": "x", "init": true}', '"name", "init" are not keys of a definition file'],
  ['{"sandboxes": {"web": {"name": "db"}}}', 'sandboxes.web: "name" is not a key of one sandbox among several'],
  ['{"sandboxes": {"web": {"$schema": "x"}}}', 'sandboxes.web: "$schema" is not a key of one sandbox among several'],
  ['{"name": "web", "__proto__": {"root": "host"}}', '"__proto__" is not a key of a definition'],
  ['{"name": "web", "security": {"__proto__": {"seccomp": "none"}}}', '"security.__proto__" is not a key of a definition'],
  ['{"sandboxes": {"web": {"__proto__": {"root": "host"}}}}', 'sandboxes.web: "__proto__" is not a key of a definition'],
  ['{"sandboxes": {"__proto__": {"root": "host"}, "web": {}}}', '"sandboxes.__proto__" is not a key of a definition file'],
  ['{"name": "web", "environment": {"__proto__": "x"}}', '"environment.__proto__" is not a key of a definition'],
  ['{"name": "web", "limits": {"rlimits": {"__proto__": 1}}}', '"limits.rlimits.__proto__" is not a key of a definition'],
  ['{"name": "web", "constructor": 1}', '"constructor" is not a key of a definition'],
  ['{"name": "web",\n "root": "readonly",\n "root": "host"}', 'line 3 has "root" a second time'],
  // One of them is enough, wherever it stands.
  ['{"sandboxes": {"web": {}, "db": {"x": 1}, "c": {}}}', 'sandboxes.db: "x" is not a key of a definition'],
  [
    '{"sandboxes": {"web": {}, "db": {"limits": {"memory": "12Q"}}}}',
    'sandboxes.db: limits.memory must be a size like 64M; 1.5G is written 1536M',
  ],
  ['{"sandboxes": {"web": {"init": false}}}', 'sandboxes.web: init is false, so there must be a command'],
  [`{"name": "web", "x": "${'x'.repeat(1 << 20)}"}`, 'is larger than 512 KiB'],
  [`{"name": "web"}${' '.repeat(MAX_DEFINITION_BYTES)}`, 'is larger than 512 KiB'],
  ['['.repeat(500_000), 'is nested too deeply'],
  ['{"name":'.repeat(60_000), 'is nested too deeply'],
];

describe('readDefinitions', () => {
  for (const [text, problem] of bad)
    it(`refuses ${JSON.stringify(text).slice(0, 70)}: ${problem}`, () => assert.deepEqual(readDefinitions(text), { problem }));

  it('reads one definition, with comments, trailing commas and the schema of the file', () => {
    const read = readDefinitions('{ // mine\n "$schema": "burrow.json", "name": "web", /* of 3 */ "command": ["ls",], }');
    assert.ok('definitions' in read);
    assert.deepEqual(
      read.definitions.map(each => [each.name, each.command]),
      [['web', ['ls']]],
    );
  });

  it('reads several, each by its name', () => {
    const read = readDefinitions('{"$schema": "x", "sandboxes": {"web": {"root": "empty"}, "db": {}}}');
    assert.ok('definitions' in read);
    assert.deepEqual(
      read.definitions.map(each => [each.name, each.root]),
      [
        ['web', 'empty'],
        ['db', undefined],
      ],
    );
  });

  it('reads what is just small enough', () => {
    const text = '{"name": "web"}';
    assert.ok('definitions' in readDefinitions(text.padEnd(MAX_DEFINITION_BYTES)));
  });
});
