import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDefinitions } from '../../../../extension/definition-text.ts';
import {
  type Answers,
  definitionOf,
  filesChoices,
  nameProblem,
  networkChoices,
  purposeChoices,
  type Surroundings,
} from '../../../../extension/sandboxes/answers.ts';
import { definitionText } from '../../../../extension/sandboxes/by-hand.ts';
import { Definition, type DefinitionInput } from '../../../../helper/protocol/definition/definition.ts';
import { Limits } from '../../../../helper/protocol/definition/limits.ts';
import { Security } from '../../../../helper/protocol/definition/security.ts';

const workspace = '/home/dev/project';

const shell = { name: 'a', purpose: 'shell' } as const;

const rows: readonly (readonly [string, Answers, DefinitionInput])[] = [
  ['thrown away', { ...shell, files: { kind: 'discard' }, network: 'link' }, { name: 'a', root: 'discard', network: 'link' }],
  ['a lab', { ...shell, purpose: 'lab', files: { kind: 'readonly' }, network: 'link' }, { name: 'a', root: 'readonly', network: 'link' }],
  [
    'an untrusted program',
    { ...shell, purpose: 'untrusted', files: { kind: 'readonly' }, network: 'none' },
    {
      name: 'a',
      root: 'readonly',
      network: 'none',
      limits: { memory: '512M', processes: 256, cpu: 1 },
      security: { capabilities: [], noNewPrivileges: true, seccomp: 'default' },
    },
  ],
  [
    'the workspace',
    { ...shell, files: { kind: 'workspace' }, network: 'none' },
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
    { ...shell, files: { kind: 'directory', path: '/srv/rootfs' }, network: 'link' },
    { name: 'a', root: { directory: '/srv/rootfs' }, network: 'link' },
  ],
  [
    'an archive',
    { ...shell, files: { kind: 'archive', path: '/srv/rootfs.tgz' }, network: 'none' },
    { name: 'a', root: { archive: '/srv/rootfs.tgz' }, network: 'none' },
  ],
  [
    'an image, in the network of something else',
    { ...shell, files: { kind: 'image', path: '/srv/image' }, network: { join: 20 } },
    { name: 'a', root: { image: '/srv/image' }, namespaces: { net: 'net:20' } },
  ],
];

const surroundings = (more: Partial<Surroundings> = {}): Surroundings => ({
  taken: [],
  subnet: undefined,
  workspace: undefined,
  networks: [],
  containers: [],
  ...more,
});

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
      networkChoices(purpose, surroundings())[0]?.value,
    ];
    assert.equal(purposeChoices([])[0]?.value, 'shell');
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
    assert.equal(networkChoices('shell', surroundings({ subnet: '10.201.0.0/30' }))[0]?.label, 'Link to the host (10.201.0.0/30)');
    assert.equal(networkChoices('shell', surroundings())[0]?.label, 'Link to the host');
  });

  test('a container is offered as a model where there is one', () => {
    const offered = (containers: Surroundings['containers']) => purposeChoices(containers).map(each => each.value);
    assert.deepEqual(offered([]), ['shell', 'untrusted', 'lab', 'by-hand']);
    assert.deepEqual(offered([{ label: 'redis-1', value: 'c1' }]), ['shell', 'untrusted', 'lab', 'like', 'by-hand']);
  });

  test('joining is offered where there is something to join', () => {
    const offered = (networks: Surroundings['networks']) => networkChoices('lab', surroundings({ networks })).map(each => each.value);
    assert.deepEqual(offered([]), ['link', 'none']);
    assert.deepEqual(offered([{ label: 'net:20', value: 20 }]), ['link', 'none', 'join']);
  });
});

describe('a definition by hand', () => {
  test('is one, and what a definition is when nothing is said', () => {
    const [definition] = readDefinitions(definitionText('web'), 'web.burrow.jsonc');
    const { hostname, command, user, users, root, mounts, network, ...rest } = definition ?? {};
    assert.deepEqual(rest, Definition.parse({ name: 'web' }));
    assert.deepEqual([hostname, command, user], ['web', ['sh'], '0']);
    // These have no default in the schema, where they would need namespaces that are not there; their descriptions name it.
    assert.deepEqual([users, root, network], ['root', 'discard', 'link']);
    assert.deepEqual(mounts, [{ type: 'tmpfs', path: '/tmp', mode: '1777' }]);
  });

  test('names every key that there is', () => {
    const text = definitionText('web');
    for (const key of Object.keys(Definition.shape)) if (key !== '$schema') assert.match(text, new RegExp(`"${key}":`), key);
    for (const key of [...Object.keys(Limits.shape), ...Object.keys(Security.shape)]) assert.match(text, new RegExp(`"${key}":`), key);
  });
});

describe('a definition file', () => {
  test('has one sandbox or several', () => {
    const names = (text: string) => readDefinitions(text, 'x.burrow.jsonc').map(each => each.name);
    assert.deepEqual(names('{ "name": "a" } // one'), ['a']);
    assert.deepEqual(names('{ "sandboxes": { "left": {}, "right": { "network": "none" }, } }'), ['left', 'right']);
  });

  test('with a fault in it is refused with the fault', () => {
    const refused = (text: string, message: string | RegExp) => assert.throws(() => readDefinitions(text, 'x.burrow.jsonc'), { message });
    refused('{\n  "name": \n}', 'In x.burrow.jsonc, line 3 is no JSON with comments: ValueExpected');
    refused('{ "name": "a", "netwrok": "none" }', /^In x\.burrow\.jsonc, "netwrok" is not a key of a definition$/);
    refused('{ "sandboxes": { "left": { "init": false } } }', /^In x\.burrow\.jsonc, sandboxes\.left: init is false/);
  });
});
