import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';

/** What bubblewrap's words in throw-away.ts say, as a definition. */
export const scratch: DefinitionInput = { name: 'bench', root: 'readonly', network: 'none', command: ['/bin/true'] };
