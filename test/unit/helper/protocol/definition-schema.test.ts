// The schema that editors complete and explain definition files with, as the build writes it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { keys } from '../../../../helper/protocol/definition/definition.ts';
import { inRepository } from '../../../support/repository.ts';

const Schema = z.looseObject({
  description: z.string().optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), Schema).optional();
  },
  get anyOf() {
    return z.array(Schema).optional();
  },
  get oneOf() {
    return z.array(Schema).optional();
  },
  get items() {
    return Schema.optional();
  },
});
type Schema = z.infer<typeof Schema>;

function built(): Schema {
  const folder = mkdtempSync(join(tmpdir(), 'burrow-schema-'));
  try {
    execFileSync(execPath, [inRepository('extension/build.mjs'), 'schema', '--outdir', folder], { stdio: 'pipe' });
    return Schema.parse(JSON.parse(readFileSync(join(folder, 'definition.schema.json'), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const schema = built();
const [one, several] = schema.anyOf ?? [];

/** What there is below, each key with its path and whether something stands at it. */
function* walk(at: Schema, path: string): Generator<{ path: string; at: Schema }> {
  const below = (additional: unknown): Schema[] => {
    const read = Schema.safeParse(additional);
    return read.success && typeof additional === 'object' ? [read.data] : [];
  };
  for (const [key, each] of Object.entries(at.properties ?? {})) {
    yield { path: `${path}.${key}`, at: each };
    yield* walk(each, `${path}.${key}`);
  }
  for (const each of [...(at.anyOf ?? []), ...(at.oneOf ?? []), ...(at.items ? [at.items] : []), ...below(at.additionalProperties)])
    yield* walk(each, path);
}

/** These are said by what holds them: the list of types, and the two parts of a limit that setrlimit(2) has. */
const explained = /^\.(?:.*\.)?namespaces\.\w+$|\.rlimits(?:\.\w+){1,2}$|\.mounts\.(?:type|path)$/;

describe('the schema of definition files', () => {
  it('is that of one sandbox, or of several by their names', () => {
    assert.deepEqual(Object.keys(one?.properties ?? {}).sort(), ['name', ...Object.keys(keys)].sort());
    assert.deepEqual(Object.keys(several?.properties ?? {}).sort(), ['$schema', 'sandboxes']);
  });

  it('asks for nothing that has a default', () => {
    assert.deepEqual(one?.required, ['name']);
    assert.deepEqual(several?.required, ['sandboxes']);
  });

  it('refuses unknown keys, as the helper does', () => {
    for (const { path, at } of [{ path: '', at: one }, { path: 'several', at: several }, ...walk(schema, '')])
      if (at?.properties) assert.equal(at.additionalProperties, false, path);
  });

  it('has the same keys in one among several, but for the name', () => {
    const inner = Schema.parse(several?.properties?.['sandboxes']?.additionalProperties);
    const named = Object.keys(inner.properties ?? {}).filter(key => key !== '$schema');
    assert.deepEqual(
      named.sort(),
      Object.keys(keys)
        .filter(key => key !== '$schema')
        .sort(),
    );
  });

  it('explains every key, at every depth', () => {
    const all = [...walk(schema, '')];
    assert.ok(all.length > 100, String(all.length));
    const bare = all
      .filter(({ path, at }) => !at.description && !explained.test(path) && !path.endsWith('.$schema'))
      .map(({ path }) => path);
    assert.deepEqual([...new Set(bare)], []);
  });

  it('says what is meant where a key is left out', () => {
    const silent = Object.entries(one?.properties ?? {}).filter(
      ([key, each]) =>
        !['$schema', 'name'].includes(key) && !('default' in each) && !/when (?:it is )?left out|unless/.test(each.description ?? ''),
    );
    assert.deepEqual(
      silent.map(([key]) => key),
      [],
    );
  });
});
