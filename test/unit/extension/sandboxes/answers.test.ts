import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDefinition } from '../../../../extension/definition-text.ts';
import {
  type Answers,
  definitionText as byHand,
  definitionOf,
  filesChoices,
  nameProblem,
  networkChoices,
  purposeChoices,
} from '../../../../extension/sandboxes/answers.ts';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';

const workspace = '/home/dev/project';

const rows: readonly (readonly [string, Answers, DefinitionInput])[] = [
  ['thrown away', { name: 'a', files: { kind: 'discard' }, network: 'link' }, { name: 'a', root: 'discard', network: 'link' }],
  ['read-only', { name: 'a', files: { kind: 'readonly' }, network: 'none' }, { name: 'a', root: 'readonly', network: 'none' }],
  [
    'the workspace',
    { name: 'a', files: { kind: 'workspace' }, network: 'none' },
    {
      name: 'a',
      root: 'readonly',
      mounts: [
        { type: 'tmpfs', path: '/tmp', mode: '1777' },
        { type: 'bind', source: workspace, path: workspace, readonly: false },
      ],
      network: 'none',
      directory: workspace,
    },
  ],
  [
    'a directory',
    { name: 'a', files: { kind: 'directory', path: '/srv/rootfs' }, network: 'link' },
    { name: 'a', root: { directory: '/srv/rootfs' }, network: 'link' },
  ],
];

describe("the wizard's answers", () => {
  for (const [title, answers, definition] of rows) {
    test(`make a definition: ${title}`, () => {
      assert.deepEqual(definitionOf(answers, workspace), definition);
      assert.ok(Definition.safeParse(definition).success);
    });
  }

  test('a name is checked as the helper checks it, and against those that are taken', () => {
    assert.equal(nameProblem('web', ['sandbox-1']), undefined);
    assert.equal(nameProblem('web', ['web']), 'web is taken: a sandbox of that name exists.');
    assert.match(nameProblem('-web', []) ?? '', /^A name must be 1 to 32 lower-case letters/);
    assert.match(nameProblem('', []) ?? '', /^A name must be/);
  });

  test('the first choice is the one that fits the purpose', () => {
    const first = (purpose: 'shell' | 'untrusted' | 'lab') => [
      filesChoices(purpose, undefined)[0]?.value,
      networkChoices(purpose, undefined)[0]?.value,
    ];
    assert.equal(purposeChoices[0]?.value, 'shell');
    assert.deepEqual(first('shell'), ['discard', 'link']);
    assert.deepEqual(first('untrusted'), ['readonly', 'none']);
    assert.deepEqual(first('lab'), ['readonly', 'link']);
  });

  test('the workspace is offered only where it can be seen inside', () => {
    const offered = (folder: string | undefined) => filesChoices('shell', folder).some(each => each.value === 'workspace');
    assert.equal(offered('/home/dev/project'), true);
    assert.equal(offered('/tmpfiles'), true);
    for (const folder of [undefined, '/', '/tmp', '/tmp/x', '/run/user/1000/x', '/dev/shm/x']) assert.equal(offered(folder), false, folder);
  });

  test('the network is offered with its subnet where one is free', () => {
    assert.equal(networkChoices('shell', '10.201.0.0/30')[0]?.label, 'Link to the host (10.201.0.0/30)');
    assert.equal(networkChoices('shell', undefined)[0]?.label, 'Link to the host');
  });
});

describe('a definition by hand', () => {
  test('is one, and what a definition is when nothing is said', () => {
    const { hostname, command, ...rest } = readDefinition(byHand('web'));
    assert.deepEqual(rest, Definition.parse({ name: 'web' }));
    assert.equal(hostname, 'web');
    assert.deepEqual(command, ['sh']);
  });

  test('with a fault in it is refused with the fault', () => {
    assert.throws(() => readDefinition('{\n  "name": \n}', 'x.burrow.jsonc'), {
      message: 'Line 3 of x.burrow.jsonc is not JSON with comments: ValueExpected',
    });
    assert.throws(() => readDefinition('{ "name": "a", "netwrok": "none" }'), { message: /netwrok.* is not a key of a definition$/ });
  });
});
