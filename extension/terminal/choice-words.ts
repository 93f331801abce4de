import { type NamespaceType, namespaceTypes } from '../../helper/protocol/model.ts';
import type { Choice } from './choice.ts';
import { joinWords } from './words.ts';

/** `user, cgroup and time`. */
function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${last}` : last;
}

/** What a terminal that enters these does not enter. */
export function outsideWords(entered: readonly NamespaceType[]): string {
  const outside = namespaceTypes.filter(type => !entered.includes(type));
  if (outside.length === 0) return 'Nothing stays outside.';
  return `${listed(outside)} ${outside.length > 1 ? 'stay' : 'stays'} the host's.`;
}

/** Whose programs there are. */
export function programsWords(tools: string | undefined): string {
  if (tools === undefined) return 'those in there';
  return tools === '/' ? "this machine's" : `those of ${tools}`;
}

export const filterWords = (filter: Choice['filter']): string => (filter === 'own' ? 'its own' : "Burrow's");

export const commandWords = ({ command, login }: Choice): string =>
  [...(command ? [joinWords(command)] : ['a shell']), ...(login ? ['as at login'] : [])].join(', ');

export const environmentWords = (environment: Choice['environment'] = {}): string =>
  Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** A choice on one line: only what was chosen. */
export function choiceWords(choice: Choice): string {
  const { types, command, login, user, directory, environment, tools, filter } = choice;
  const variables = environmentWords(environment);
  return [
    ...(types ? [`only ${listed(types)}`] : []),
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(command || login ? [commandWords(choice)] : []),
    ...(directory === undefined ? [] : [`in ${directory}`]),
    ...(variables ? [variables] : []),
    ...(tools === undefined ? [] : [`${programsWords(tools)} programs`]),
    ...(filter === undefined ? [] : [`${filterWords(filter)} seccomp filter`]),
  ].join('; ');
}
