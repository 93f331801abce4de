import type { Definition } from '../helper/protocol/definition/definition.ts';
import { readDefinitions as read } from '../helper/protocol/definition/file.ts';
import { Refused } from './helper-client/errors.ts';

/** The sandboxes of a definition file, at least one. @param file what the person calls it @throws Refused with the first thing wrong */
export function readDefinitions(text: string, file: string): readonly Definition[] {
  const result = read(text);
  if ('problem' in result) throw new Refused(`In ${file}, ${result.problem}`);
  return result.definitions;
}
