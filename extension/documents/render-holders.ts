import type { Inspection } from '../../helper/protocol/inspection.ts';
import type { Descriptor, Namespace, NamespaceKey } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import type { Machine } from '../machine/machine.ts';
import { nameComment, processName } from './render-particulars.ts';
import { Noted, type Value } from './yaml.ts';

const shortList = 12;
const longList = 1000;

export const namespaceValue = (machine: Machine, key: NamespaceKey): Noted => new Noted(namespaceId(key), nameComment(machine, key));

/** A list that may be long: as it is among the holders, or from there only named and then below all the rest. */
interface List {
  readonly name: string;
  readonly values: readonly Value[];
}

const isShort = ({ values }: List): boolean => values.length <= shortList;

function above(list: List): readonly Value[] {
  return isShort(list) ? list.values : [new Noted(`${list.values.length.toLocaleString('en')} ${list.name}`, 'listed below')];
}

function below({ values }: List): readonly Value[] {
  const more = values.length - longList;
  return more > 0 ? [...values.slice(0, longList), `… and ${more.toLocaleString('en')} more`] : values;
}

const members = ({ processes }: Inspection): Value[] =>
  [...processes]
    .sort((a, b) => a.pid - b.pid)
    .map(({ pid, inside, name }) => new Noted(`process ${pid} ${name}`, inside === pid ? undefined : `pid ${inside} inside`));

/** `fd 7 of process 812`: the name, which may hold anything, comes behind it, so that the number stays a link. */
const ofProcess = (machine: Machine, what: string, pid: number): Noted => new Noted(`${what} of process ${pid}`, processName(machine, pid));

const descriptor = (machine: Machine, what: string, { pid, fd }: Descriptor): Noted => ofProcess(machine, `${what} ${fd}`, pid);

const mount = ({ path, mnt }: Namespace['holders']['mounts'][number]): string =>
  mnt === undefined ? `mount ${path}` : `mount in mnt:[${mnt}] ${path}`;

function lists(inspection: Inspection, machine: Machine): readonly List[] {
  const { threads, pending, descriptors, sockets, mounts, children } = inspection.namespace.holders;
  return [
    { name: 'processes', values: members(inspection) },
    { name: 'threads', values: threads.map(({ pid, tid }) => ofProcess(machine, `thread ${tid}`, pid)) },
    { name: 'next children', values: pending.map(pid => ofProcess(machine, 'next child', pid)) },
    { name: 'file descriptors', values: descriptors.map(each => descriptor(machine, 'fd', each)) },
    { name: 'sockets', values: sockets.map(each => descriptor(machine, 'socket', each)) },
    { name: 'mounts', values: mounts.map(mount) },
    { name: 'namespaces', values: children.map(key => namespaceValue(machine, key)) },
  ];
}

/** What holds a namespace, by kind: all of it, or of what is long the number, and the list for the end of the document. */
export function holdersOf(inspection: Inspection, machine: Machine): { held: readonly Value[]; rest: Record<string, readonly Value[]> } {
  const { unnamed } = inspection.namespace.holders;
  const all = lists(inspection, machine);
  return {
    held: [...all.flatMap(above), ...(unnamed > 0 ? [`… and ${unnamed.toLocaleString('en')} more`] : [])],
    rest: Object.fromEntries(all.filter(each => !isShort(each)).map(each => [each.name, below(each)])),
  };
}
