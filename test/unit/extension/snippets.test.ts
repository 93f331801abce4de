import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { readDefinitions } from '../../../extension/definition-text.ts';

const file = join(import.meta.dirname, '../../../../snippets/definitions.json');
const Snippets = z.record(z.string(), z.object({ prefix: z.string(), description: z.string(), body: z.array(z.string()) }));

/** What the editor writes when every proposal is taken: the placeholder's text, or the first choice. */
const accepted = (body: readonly string[]): string =>
  body
    .join('\n')
    .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/\$\d+/g, '');

for (const [title, { prefix, body }] of Object.entries(Snippets.parse(JSON.parse(readFileSync(file, 'utf8'))))) {
  test(`the snippet ${prefix} is a definition: ${title}`, () => {
    assert.match(prefix, /^burrow-/);
    assert.ok(readDefinitions(accepted(body), prefix).length > 0);
  });
}
