import { Definition } from '../../../../helper/protocol/definition/definition.ts';
import { firstProblem } from '../../../../helper/protocol/problem.ts';

/** A definition that is wrong, and all that a person reads about it. */
export type Bad = readonly (readonly [unknown, string])[];

/** What a person reads about it; undefined when nothing is wrong. Where it says no name it is called web. */
export function problemOf(value: unknown): string | undefined {
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? { name: 'web', ...value } : value;
  const { error } = Definition.safeParse(given);
  return error && firstProblem(error, 'the definition');
}

/** For the title of a test. */
export const brief = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 90);
