import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDefinitions } from '../../../../extension/definition-text.ts';
import { changeChoice, changesWords, offeredChanges } from '../../../../extension/sandboxes/changed-files.ts';
import { likenessText } from '../../../../extension/sandboxes/like-text.ts';
import { limitDescription, limitNotation, readLimit } from '../../../../extension/sandboxes/new-limits.ts';
import { Usages } from '../../../../extension/sandboxes/usages.ts';
import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import type { Usage } from '../../../../helper/protocol/report.ts';

type Change = Parameters<typeof changeChoice>[0];

describe('a limit that is changed', () => {
  test('is shown with what is used of it now', () => {
    const usage: Usage = { memoryBytes: 24 * 2 ** 20, processes: 3 };
    const limits = { memory: 2 ** 28, cpu: 0.5 };
    assert.equal(limitDescription('memory', limits, usage), '256 MB · 24 MB used now');
    assert.equal(limitDescription('cpu', limits, usage), '0.5 processors');
    assert.equal(limitDescription('processes', limits, usage), 'no limit · 3 used now');
    assert.deepEqual([limitNotation('memory', limits), limitNotation('cpu', limits), limitNotation('swap', limits)], ['256M', '0.5', '']);
  });

  test('is read as definitions have it', () => {
    assert.deepEqual(readLimit('memory', ' 256M '), { limit: 2 ** 28 });
    assert.deepEqual(readLimit('memory', '1048576'), { limit: 2 ** 20 });
    assert.deepEqual(readLimit('swap', '0'), { limit: 0 });
    assert.deepEqual(readLimit('cpu', '1.5'), { limit: 1.5 });
    assert.deepEqual(readLimit('processes', ''), { limit: null });
  });

  const wrong: readonly (readonly [Parameters<typeof readLimit>[0], string, RegExp])[] = [
    ['memory', '12Q', /^memory must be .*a size like 64M/],
    ['memory', '1K', /^memory must be at least 1M$/],
    ['processes', '0', /^processes must be at least 1$/],
    ['processes', '1.5', /^processes must be a whole number$/],
    ['cpu', 'two', /^cpu must be a number$/],
    ['ioWeight', '10001', /^ioWeight must be at most 10000$/],
  ];
  for (const [key, text, problem] of wrong)
    test(`is refused: ${key} ${text}`, () => {
      const read = readLimit(key, text);
      assert.match('problem' in read ? read.problem : `${read.limit}`, problem);
    });
});

describe('the files that a sandbox changed', () => {
  const change = (path: string, more: Partial<Change> = {}): Change => ({ path, kind: 'added', type: 'file', sizeBytes: 1024, ...more });

  test('are shown with what became of them', () => {
    const shown = (each: Change) => [changeChoice(each).icon, changeChoice(each).description];
    assert.deepEqual(shown(change('/a')), ['diff-added', 'added · 1 KB']);
    assert.deepEqual(shown(change('/a', { kind: 'changed', type: 'symlink' })), ['diff-modified', 'changed · symlink']);
    assert.deepEqual(shown(change('/a', { kind: 'removed' })), ['diff-removed', 'removed']);
  });

  test('are offered without the directories on the way to them', () => {
    const directory = { type: 'directory' } as const;
    const changes = [change('/a', directory), change('/a/b'), change('/c', directory), change('/ab', { ...directory, kind: 'removed' })];
    assert.deepEqual(
      offeredChanges({ changes, cut: false }).map(each => each.path),
      ['/a/b', '/ab', '/c'],
    );
    assert.equal(changesWords('web', { changes, cut: false }), 'Changed Files of web');
    assert.equal(changesWords('web', { changes, cut: true }), 'Changed Files of web, the first 4');
  });
});

describe('a sandbox like something', () => {
  test('is a definition file that says what could not be taken over', () => {
    const text = likenessText({ name: 'redis-1', network: 'none' }, ['no rights\n"command": ["evil"],'], 'redis-1\nx');
    const lines = text.split('\n');
    assert.match(lines[0] ?? '', /^\/\/ Like redis-1␊x\. /);
    assert.equal(lines[2], '// no rights␊"command": ["evil"],');
    const [definition] = readDefinitions(text, 'x');
    assert.deepEqual([definition?.name, definition?.network, definition?.command], ['redis-1', 'none', undefined]);
  });

  test('says only what it has of its own, and sizes as people write them', () => {
    const whole = Definition.parse({
      name: 'a',
      limits: { memory: '256M', swap: 0 },
      mounts: [{ type: 'tmpfs', path: '/tmp', size: 1000 }],
    });
    const text = likenessText(whole, [], 'b');
    const [definition] = readDefinitions(text, 'x');
    assert.deepEqual(definition, whole);
    assert.deepEqual(readDefinitions(likenessText({ ...whole, command: ['sh', '-c', 'echo [\n  a ]'] }, [], 'b'), 'x')[0]?.command, [
      'sh',
      '-c',
      'echo [\n  a ]',
    ]);
    assert.match(
      likenessText({ command: ['sleep', '1'], name: 'a' }, [], 'b'),
      /\{\n {2}"name": "a",\n {2}"command": \["sleep", "1"\]\n\}/,
    );
    assert.match(text, /"memory": "256M",\n\s*"swap": 0\n/);
    assert.doesNotMatch(text, /namespaces|security|persist/);
  });
});

describe('what sandboxes use', () => {
  test('is asked for only while somebody looks, and of those that are left', async () => {
    const asked: string[] = [];
    let shown: string[] = [];
    let redrawn = 0;
    const helper = {
      request: async (_: string, { sandbox }: { sandbox: string }) => {
        asked.push(sandbox);
        if (sandbox === 'gone') throw new Error('gone');
        return { memoryBytes: 5 };
      },
    };
    const usages = new Usages(
      helper as unknown as ConstructorParameters<typeof Usages>[0],
      () => shown,
      () => redrawn++,
    );
    await usages.look();
    assert.deepEqual([asked, redrawn], [[], 0]);
    shown = ['s1', 'gone'];
    await usages.look();
    usages.dispose();
    assert.deepEqual([asked, redrawn], [['s1', 'gone'], 1]);
    assert.deepEqual([usages.of('s1'), usages.of('gone')], [{ memoryBytes: 5 }, {}]);
  });
});
