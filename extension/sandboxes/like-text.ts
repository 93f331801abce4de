import type { DefinitionInput } from '../../helper/protocol/definition/definition.ts';
import { visible } from '../hostile-text.ts';

/** The definition as a file, with what could not be taken over above it. @param of what it is like, in words */
export const likenessText = (definition: DefinitionInput, notices: readonly string[], of: string): string =>
  [
    `// Like ${visible(of)}. "Burrow: Show Plan" says what will be done, "Burrow: Create Sandbox from This File" does it.`,
    ...notices.map(each => `// ${visible(each, 1000)}`),
    JSON.stringify(definition, null, 2),
    '',
  ].join('\n');
