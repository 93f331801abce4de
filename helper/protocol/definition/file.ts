// A definition file, *.burrow.jsonc: one sandbox, or several by their names.
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import * as z from 'zod';
import { firstProblem } from '../problem.ts';
import { Definition, keys, SandboxName } from './definition.ts';

/** Far more than a person writes; what is larger is no definition. */
export const MAX_DEFINITION_BYTES = 512 * 1024;

const Several = z.strictObject({
  $schema: keys.$schema,
  sandboxes: z.record(SandboxName, z.looseObject({})).describe('Sandboxes by their names, each with the keys of a definition.'),
});

/** What a file may hold, for the editor. */
export const DefinitionFile = z.union([
  Definition,
  z.strictObject({
    $schema: keys.$schema,
    sandboxes: z.record(SandboxName, z.strictObject({ ...keys, $schema: z.never().optional() })).describe('Sandboxes by their names.'),
  }),
]);

/** A sentence without a subject: the caller knows what the text is called. */
export type ReadDefinitions = { readonly definitions: readonly Definition[] } | { readonly problem: string };

const holdsSeveral = (value: unknown): boolean => typeof value === 'object' && value !== null && 'sandboxes' in value;

/** Reads JSON with comments and trailing commas. */
export function readDefinitions(text: string): ReadDefinitions {
  if (text.length > MAX_DEFINITION_BYTES) return { problem: `is larger than ${MAX_DEFINITION_BYTES / 1024} KiB` };
  const errors: ParseError[] = [];
  let value: unknown;
  try {
    value = parse(text, errors, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'is nested too deeply' }; // the parser's stack is full
    throw error;
  }
  const [error] = errors;
  if (error)
    return {
      problem: `line ${text.slice(0, error.offset).split('\n').length} is no JSON with comments: ${printParseErrorCode(error.error)}`,
    };
  if (!holdsSeveral(value)) return readOne(value, '');
  const several = Several.safeParse(value);
  if (!several.success) return { problem: firstProblem(several.error, 'a definition file') };
  const read = Object.entries(several.data.sandboxes).map(([name, body]) => readNamed(name, body));
  const definitions: Definition[] = [];
  for (const each of read) {
    if ('problem' in each) return each;
    definitions.push(...each.definitions);
  }
  return definitions.length > 0 ? { definitions } : { problem: 'sandboxes names none' };
}

/** Its name is said once, and where the schema is for the file. */
function readNamed(name: string, body: Readonly<Record<string, unknown>>): ReadDefinitions {
  const said = ['name', '$schema'].find(key => key in body);
  if (said !== undefined) return { problem: `sandboxes.${name}: "${said}" is not a key of one sandbox among several` };
  return readOne({ ...body, name }, `sandboxes.${name}: `);
}

function readOne(value: unknown, where: string): ReadDefinitions {
  const result = Definition.safeParse(value);
  return result.success ? { definitions: [result.data] } : { problem: `${where}${firstProblem(result.error, 'a definition')}` };
}
