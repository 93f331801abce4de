import { statSync } from 'node:fs';
import { NamespaceType } from '../protocol/model.ts';
import type { Target } from '../protocol/target.ts';
import { Refusal } from '../sys/errors.ts';

const grammar = 'pid:812, container:NAME, sandbox:NAME, netns:NAME or TYPE:INODE';

/**
 * Reads targets as they stand on a command line; several must all be namespaces.
 * @param types `net,mnt`, to join only these
 * @throws Refusal `invalid` for what is none
 */
export function parseTarget(words: readonly string[], types: string | undefined): Target {
  const narrowed = types === undefined ? {} : { types: types.split(',').map(parseType) };
  const [first = ''] = words;
  const [kind = '', value = ''] = split(first);
  if (words.length === 1 && value !== '') {
    const [, pid, thread] = /^([1-9]\d*)(?:\/([1-9]\d*))?$/.exec(value) ?? [];
    if (kind === 'pid' && pid !== undefined) return { pid: Number(pid), ...(thread && { thread: Number(thread) }), ...narrowed };
    if (kind === 'container') return { container: value, ...narrowed };
    if (kind === 'sandbox') return { sandbox: value, ...narrowed };
  }
  return { namespaces: words.map(parseNamespace), ...narrowed };
}

function parseNamespace(word: string): { type: NamespaceType; inode: number } {
  const [kind, value] = split(word);
  if (kind === 'netns') return { type: 'net', inode: namedNamespace(value) };
  const type = NamespaceType.safeParse(kind);
  if (type.success && /^[1-9]\d*$/.test(value)) return { type: type.data, inode: Number(value) };
  throw new Refusal('invalid', `${JSON.stringify(word)} is no target: use ${grammar}.`, { subject: word });
}

/** `ip netns` keeps a name as a mount in /run/netns, ip-netns(8). */
function namedNamespace(name: string): number {
  if (!/^[^/\0]+$/.test(name) || name === '.' || name === '..')
    throw new Refusal('invalid', `${JSON.stringify(name)} is no name of ip netns.`, { subject: name });
  try {
    return statSync(`/run/netns/${name}`).ino;
  } catch {
    throw new Refusal('unknown', `ip netns has no ${name}.`, { subject: name });
  }
}

function parseType(word: string): NamespaceType {
  const type = NamespaceType.safeParse(word);
  if (!type.success)
    throw new Refusal('invalid', `${JSON.stringify(word)} is no type of namespace: use ${NamespaceType.options.join(', ')}.`, {
      subject: word,
    });
  return type.data;
}

const split = (word: string): [string, string] => [
  word.split(':', 1)[0] ?? '',
  word.includes(':') ? word.slice(word.indexOf(':') + 1) : '',
];
