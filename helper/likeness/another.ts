// A definition made from a sandbox of Burrow's own: its init, no program of the person's, would not show the half of it.
import { isDeepStrictEqual } from 'node:util';
import { Definition, type DefinitionInput } from '../protocol/definition/definition.ts';
import type { Result } from '../protocol/methods.ts';
import { freeName } from './likeness.ts';

/** The same once more, by another name, without what only one can have and without what is so anyway. */
export function another(definition: Definition, taken: readonly string[]): Result<'sandbox/like'> {
  const { name } = definition;
  const isAddressed = typeof definition.network === 'object';
  const usual = Definition.parse({ name });
  const differing = (value: object, than: object): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(value).filter(
        ([key, each]) => each !== undefined && !isDeepStrictEqual(each, (than as Readonly<Record<string, unknown>>)[key]),
      ),
    );
  const own = differing(definition, usual);
  const input = {
    ...own,
    name: freeName(name, taken),
    ...(own['security'] !== undefined && { security: differing(definition.security, usual.security) }),
    ...(isAddressed && { network: 'link' }),
  } as DefinitionInput;
  return { definition: input, notices: isAddressed ? ['Its addresses are in use: the sandbox gets others.'] : [] };
}
