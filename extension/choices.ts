import type { Namespace, NamespaceType } from '../helper/protocol/model.ts';
import { namespaceTypes } from '../helper/protocol/namespaces.ts';
import { visible } from './hostile-text.ts';
import type { Machine } from './machine/machine.ts';
import { givenName, oldestName } from './names.ts';
import { namespaceSubject, type Subject } from './subject.ts';

export interface SubjectChoice {
  readonly label: string;
  readonly description: string;
  readonly value: Subject;
}

const sandboxes = (machine: Machine): SubjectChoice[] =>
  machine.sandboxes.map(({ id, name }) => ({ label: visible(name), description: 'sandbox', value: { kind: 'sandbox', id } }));

const containers = (machine: Machine): SubjectChoice[] =>
  [...machine.containers.values()].map(({ id, name, engine, image }) => ({
    label: visible(name) || id.slice(0, 12),
    description: [`${visible(engine)} container`, ...(image ? [visible(image)] : [])].join(' · '),
    value: { kind: 'container', id },
  }));

/** Of very many namespaces only those with a name are offered: nobody chooses from such a list by number. */
const namespaceLimit = 1000;

function offered(machine: Machine, type: NamespaceType): readonly Namespace[] {
  const all = [...machine.namespacesOf(type).values()];
  return all.length > namespaceLimit ? all.filter(each => each.name !== undefined || machine.isClaimed(each)) : all;
}

const namespaces = (machine: Machine): SubjectChoice[] =>
  namespaceTypes
    .flatMap(type => offered(machine, type))
    .filter(each => !machine.isHosts(each))
    .map(namespace => {
      const { type, inode, id } = namespace;
      const facts = [givenName(machine, namespace)?.words, oldestName(machine, namespace)];
      return {
        label: `${type}:${inode}`,
        description: facts.filter(each => each !== undefined).join(' · '),
        value: namespaceSubject(namespace, id),
      };
    });

/** What a command from the palette can act on, the likeliest first. */
export function subjectChoices(machine: Machine, kinds: readonly Subject['kind'][]): SubjectChoice[] {
  return [...sandboxes(machine), ...containers(machine), ...namespaces(machine)].filter(each => kinds.includes(each.value.kind));
}
