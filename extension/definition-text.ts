import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { Definition } from '../helper/protocol/definition/definition.ts';
import { firstProblem } from '../helper/protocol/problem.ts';
import { Refused } from './helper-client/errors.ts';

/** Reads a definition file: JSON with comments and trailing commas. @throws Refused with the first thing wrong */
export function readDefinition(text: string, whole = 'the definition'): Definition {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error) {
    const line = text.slice(0, error.offset).split('\n').length;
    throw new Refused(`Line ${line} of ${whole} is not JSON with comments: ${printParseErrorCode(error.error)}`);
  }
  const definition = Definition.safeParse(value);
  if (!definition.success) throw new Refused(`In ${whole}, ${firstProblem(definition.error, 'a definition')}`);
  return definition.data;
}
