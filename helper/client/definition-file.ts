import { readFileSync } from 'node:fs';
import type { Definition } from '../protocol/definition/definition.ts';
import { readDefinitions } from '../protocol/definition/file.ts';
import { Refusal } from '../sys/errors.ts';

/**
 * @param name which sandbox of a file that defines several
 * @throws Refusal `invalid` that names the file, the place and what is wrong
 */
export function readDefinition(file: string, name: string | undefined): Definition {
  const refused = (problem: string): Refusal => new Refusal('invalid', `${file}: ${problem}.`, { subject: file });
  const read = readDefinitions(readFileSync(file, 'utf8'));
  if ('problem' in read) throw refused(read.problem);
  const { definitions } = read;
  const found = name === undefined ? definitions : definitions.filter(each => each.name === name);
  const [only, another] = found;
  const names = definitions.map(each => each.name).join(', ');
  if (!only) throw refused(`it defines no ${name}, only ${names}`);
  if (another) throw refused(`it defines several sandboxes; say which: ${names}`);
  return only;
}
