import type { Container, Namespace, Process } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { plural, visible } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { keysOf } from '../machine/per-namespace.ts';
import { givenName } from '../names.ts';
import { holderKinds, processWords, unnamedOf } from './holders.ts';
import { facts, type Tooltip } from './node.ts';

const listLength = 6;
const labelCount = 12;

/** The first of many, and how many more there are. */
function listed(words: readonly string[], count = words.length): string {
  const shown = words.slice(0, listLength);
  const more = count - shown.length;
  return [...shown, ...(more > 0 ? [`… and ${more.toLocaleString('en')} more`] : [])].join(', ');
}

/** Its number inside, for a process that has another one there. */
export const insidePid = ({ pids }: Process): number | undefined => (pids.length > 1 ? pids.at(-1) : undefined);

export function processTooltip(machine: Machine, process: Process): Tooltip {
  const { forChildren, threads = [] } = process;
  return {
    title: `${visible(process.name)} (${process.pid})`,
    facts: facts(
      ['command', process.command],
      ['user', `${process.uid}`],
      ['parent', process.parent > 0 ? processWords(machine, process.parent) : undefined],
      ['pid inside', insidePid(process)?.toString()],
      ['namespaces of its own', machine.differing(process.namespaces).map(namespaceId).join(', ')],
      ['next child in', forChildren && keysOf(forChildren).map(namespaceId).join(', ')],
      ['threads elsewhere', listed(threads.map(each => `${each.tid} in ${keysOf(each.namespaces).map(namespaceId).join(', ')}`))],
    ),
  };
}

/** Who gave it its name, and how that is known. */
function originOf(machine: Machine, namespace: Namespace): string | undefined {
  if (machine.isHosts(namespace) || machine.sandboxWith(namespace)) return undefined;
  return machine.sharing(namespace)[0]?.source;
}

export function namespaceTooltip(machine: Machine, namespace: Namespace): Tooltip {
  const { type, inode, id, owner, parent, ownerUid, holders } = namespace;
  const members = holders.processes <= listLength ? machine.members({ type, inode }) : [];
  const oldest = holders.oldest === undefined ? undefined : processWords(machine, holders.oldest);
  const unnamed = unnamedOf(machine, namespace);
  return {
    title: namespaceId(namespace),
    facts: facts(
      ['of', givenName(machine, namespace, namespace.name)?.words],
      ['name from', originOf(machine, namespace)],
      ['processes', [`${holders.processes.toLocaleString('en')}`, ...members.map(each => processWords(machine, each.pid))].join(', ')],
      ['oldest', oldest],
      ...holderKinds(machine, namespace).map(({ many, count, holders: all }): [string, string] => [
        many,
        listed(
          all()
            .slice(0, listLength)
            .map(({ words, more }) => (more === undefined ? words : `${words} ${more}`)),
          count,
        ),
      ]),
      ['not named', unnamed > 0 ? plural(unnamed, 'more holder') : undefined],
      ['owner', owner === undefined ? undefined : `user:[${owner}]`],
      ['parent', parent === undefined ? undefined : `${type}:[${parent}]`],
      ['made by user', ownerUid?.toString()],
      ["kernel's id", id?.toString()],
    ),
  };
}

const wordsForSource = ({ engine }: Container): string => (engine === 'systemd' ? 'unit' : 'id');

export function containerTooltip(machine: Machine, container: Container): Tooltip {
  const { engine, id, name, pid, image, pod, space, uid, within, source, labels } = container;
  const outer = within === undefined ? undefined : (machine.container(within)?.name ?? within);
  const names = Object.entries(labels);
  return {
    title: visible(name) || id,
    facts: facts(
      ['engine', engine],
      [wordsForSource(container), id],
      ['image', image],
      ['pid', `${pid}`],
      ['pod', pod],
      ['containerd namespace', space],
      ['engine of user', uid?.toString()],
      ['engine runs in', outer],
      ['name from', source],
      ...names.slice(0, labelCount).map(([label, value]): [string, string] => [`label ${label}`, value]),
      ['labels', names.length > labelCount ? `… and ${names.length - labelCount} more` : undefined],
    ),
  };
}
