import { visible } from './hostile-text.ts';
import type { Machine } from './machine.ts';
import { givenName, oldestName } from './names.ts';
import type { Subject } from './subject.ts';

export interface SubjectChoice {
  readonly label: string;
  readonly description: string;
  readonly value: Subject;
}

const sandboxes = (machine: Machine): SubjectChoice[] =>
  machine.sandboxes.map(({ id, name }) => ({ label: visible(name), description: 'sandbox', value: { kind: 'sandbox', id } }));

const containers = (machine: Machine): SubjectChoice[] =>
  machine.snapshot.containers.map(({ id, name, engine, image }) => ({
    label: visible(name) || id.slice(0, 12),
    description: [`${visible(engine)} container`, ...(image ? [visible(image)] : [])].join(' · '),
    value: { kind: 'container', id },
  }));

const namespaces = (machine: Machine): SubjectChoice[] =>
  machine.snapshot.namespaces
    .filter(each => !machine.isHosts(each))
    .map(namespace => {
      const { type, inode } = namespace;
      const facts = [givenName(machine, namespace)?.words, oldestName(machine, namespace)];
      return {
        label: `${type}:${inode}`,
        description: facts.filter(each => each !== undefined).join(' · '),
        value: { kind: 'namespace', key: { type, inode } },
      };
    });

/** What a command from the palette can act on, the likeliest first. */
export function subjectChoices(machine: Machine, kinds: readonly Subject['kind'][]): SubjectChoice[] {
  return [...sandboxes(machine), ...containers(machine), ...namespaces(machine)].filter(each => kinds.includes(each.value.kind));
}
