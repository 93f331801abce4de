import type { NamespaceInodes, NamespaceKey, NamespaceType } from '../../helper/protocol/model.ts';
import type { Machine } from '../machine/machine.ts';
import { pidOf } from '../names.ts';
import type { Subject } from '../subject.ts';
import { type Choice, isPlain, without } from './choice.ts';

/** Which namespaces "Open Terminal In…" offers for a subject, and through what it enters them. */
export interface Offer {
  readonly through: Subject;
  readonly namespaces: readonly { readonly key: NamespaceKey; readonly picked: boolean }[];
}

function inodesOf(machine: Machine, subject: Subject): NamespaceInodes {
  if (subject.kind === 'namespace') return { [subject.key.type]: subject.key.inode };
  const sandbox = subject.kind === 'sandbox' ? machine.sandbox(subject.id) : undefined;
  const pid = pidOf(machine, subject);
  return sandbox?.namespaces ?? (pid === undefined ? undefined : machine.process(pid)?.namespaces) ?? {};
}

/** The process in a namespace whose other namespaces can be entered with it. */
function inhabitant(machine: Machine, key: NamespaceKey): Subject | undefined {
  const pid = pidOf(machine, { kind: 'namespace', key });
  const process = pid === undefined ? undefined : machine.process(pid);
  return process && { kind: 'process', pid: process.pid, start: process.start };
}

/** The namespaces that differ from the host's; of a namespace's inhabitant only that namespace is picked. */
export function offerOf(machine: Machine, subject: Subject): Offer {
  const chosen = subject.kind === 'namespace' ? subject.key : undefined;
  const through = (chosen && inhabitant(machine, chosen)) ?? subject;
  const namespaces = machine
    .differing(inodesOf(machine, through))
    .map(key => ({ key, picked: !chosen || (key.type === chosen.type && key.inode === chosen.inode) }));
  return { through, namespaces };
}

/** What holds the programs of a mount namespace: the helper joins these with it, whatever was chosen. */
const holders: readonly NamespaceType[] = ['user', 'pid'];

/** What is joined for a choice among what is offered. */
export const enteredFor = (chosen: readonly NamespaceType[], { namespaces }: Offer): NamespaceType[] =>
  namespaces.map(({ key }) => key.type).filter(type => chosen.includes(type) || (chosen.includes('mnt') && holders.includes(type)));

/** A choice made for something alike, as far as there is what was chosen; undefined when nothing is left of it. */
export function fitting(choice: Choice | undefined, { namespaces }: Offer): Choice | undefined {
  const types = choice?.types?.filter(type => namespaces.some(each => each.key.type === type));
  const left = choice && (types?.length ? { ...choice, types } : without(choice, 'types'));
  return left && !isPlain(left) ? left : undefined;
}
