import { readFileSync } from 'node:fs';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { Definition } from '../protocol/definition/definition.ts';
import { firstProblem } from '../protocol/problem.ts';
import { Refusal } from '../sys/errors.ts';

/** @throws Refusal `invalid` that names the file, the line and what is wrong */
export function readDefinition(file: string): Definition {
  const text = readFileSync(file, 'utf8');
  const errors: ParseError[] = [];
  const raw: unknown = parse(text, errors, { allowTrailingComma: true });
  const [wrong] = errors;
  if (wrong) {
    const line = text.slice(0, wrong.offset).split('\n').length;
    throw new Refusal('invalid', `${file}:${line} is no JSON with comments: ${printParseErrorCode(wrong.error)}.`, { subject: file });
  }
  const result = Definition.safeParse(raw);
  if (!result.success) throw new Refusal('invalid', `${file}: ${firstProblem(result.error, 'the definition')}.`, { subject: file });
  return result.data;
}
