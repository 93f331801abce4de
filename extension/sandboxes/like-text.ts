import { Definition, type DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import { sizeNotation } from '../amounts.ts';
import { visible } from '../hostile-text.ts';

/** Keys whose numbers are bytes. */
const sizes = new Set(['memory', 'swap', 'size']);

/** As a person would have written it: `"256M"`. */
const notated = (key: string, value: unknown): unknown =>
  sizes.has(key) && typeof value === 'number' && value > 0 ? sizeNotation(value) : value;

/** Without what every definition has that says nothing of it; the name first. */
function telling({ name, ...rest }: DefinitionInput): DefinitionInput {
  const usual: Readonly<Record<string, unknown>> = Definition.parse({ name });
  return {
    name,
    ...Object.fromEntries(Object.entries(rest).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]))),
  };
}

/** Lists of plain values on one line. In JSON no text holds a line break of its own. */
const compact = (json: string): string =>
  json.replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, items: string) => `[${items.replace(/\n\s+/g, ' ')}]`);

/** The definition as a file, with what could not be taken over above it. @param of what it is like, in words */
export const likenessText = (definition: DefinitionInput, notices: readonly string[], of: string): string =>
  [
    `// Like ${visible(of)}. "Burrow: Show Plan" says what will be done,`,
    '// "Burrow: Create Sandbox from This File" does it.',
    ...notices.map(each => `// ${visible(each, 1000)}`),
    compact(JSON.stringify(telling(definition), notated, 2)),
    '',
  ].join('\n');
