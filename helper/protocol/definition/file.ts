// A definition file, *.burrow.jsonc: one sandbox, or several by their names.
import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import * as z from 'zod';
import { firstProblem, unsaidProblem } from '../problem.ts';
import { Definition, keys, SandboxName } from './definition.ts';

/** Far more than a person writes; what is larger is no definition. */
export const MAX_DEFINITION_BYTES = 512 * 1024;

type Body = Readonly<Record<string, unknown>>;
const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What each of them holds is read later, and as it stands here. */
const Several = z.strictObject({ $schema: keys.$schema, sandboxes: z.record(SandboxName, z.custom<Body>(isBody, 'must be an object')) });

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

const holdsSeveral = (value: unknown): value is { readonly sandboxes: unknown } =>
  typeof value === 'object' && value !== null && 'sandboxes' in value;

/** Reads JSON with comments and trailing commas. */
export function readDefinitions(text: string): ReadDefinitions {
  if (text.length > MAX_DEFINITION_BYTES) return { problem: `is larger than ${MAX_DEFINITION_BYTES / 1024} KiB` };
  const errors: ParseError[] = [];
  let value: unknown;
  try {
    const tree = parseTree(text, errors, { allowTrailingComma: true });
    const [error] = errors;
    if (error) return { problem: `line ${lineAt(text, error.offset)} is no JSON with comments: ${printParseErrorCode(error.error)}` };
    value = tree && plainValueOf(tree);
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'is nested too deeply' }; // the parser's stack is full
    if (error instanceof Twice) return { problem: `line ${lineAt(text, error.offset)} has ${JSON.stringify(error.key)} a second time` };
    throw error;
  }
  if (!holdsSeveral(value)) return readOne(value, '');
  const several = Several.safeParse(value);
  if (!several.success) return { problem: firstProblem(several.error, 'a definition file') };
  if (Object.hasOwn(Object(value.sandboxes), '__proto__')) return { problem: '"sandboxes.__proto__" is not a key of a definition file' };
  const read = Object.entries(several.data.sandboxes).map(([name, body]) => readNamed(name, body));
  const definitions: Definition[] = [];
  for (const each of read) {
    if ('problem' in each) return each;
    definitions.push(...each.definitions);
  }
  return definitions.length > 0 ? { definitions } : { problem: 'sandboxes names none' };
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** A key that stands twice in one object: people and programs differ in which of the two they see. */
class Twice extends Error {
  readonly key: string;
  readonly offset: number;
  constructor(key: string, offset: number) {
    super(key);
    this.key = key;
    this.offset = offset;
  }
}

/** The parser's own objects take `__proto__` for what they inherit from: its keys would be nobody's, and be there all the same. */
function plainValueOf({ type, value, children = [] }: Node): unknown {
  if (type === 'array') return children.map(plainValueOf);
  if (type !== 'object') return value as unknown;
  const object = {};
  for (const { children: [key, content] = [] } of children) {
    if (!key || !content) continue;
    const name = String(key.value);
    if (Object.hasOwn(object, name)) throw new Twice(name, key.offset);
    Object.defineProperty(object, name, { value: plainValueOf(content), enumerable: true });
  }
  return object;
}

/** Its name is said once, and where the schema is for the file. */
function readNamed(name: string, body: Body): ReadDefinitions {
  const said = ['name', '$schema'].find(key => key in body);
  if (said !== undefined) return { problem: `sandboxes.${name}: "${said}" is not a key of one sandbox among several` };
  return readOne({ ...body, name }, `sandboxes.${name}: `);
}

function readOne(value: unknown, where: string): ReadDefinitions {
  const result = Definition.safeParse(value);
  const problem = result.success ? unsaidProblem(value, 'a definition') : firstProblem(result.error, 'a definition');
  return result.success && problem === undefined ? { definitions: [result.data] } : { problem: `${where}${problem}` };
}
