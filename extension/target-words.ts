import { type Container, NamespaceType, Pid } from '../helper/protocol/model.ts';
import { Refused } from './helper-client/errors.ts';
import { visible } from './hostile-text.ts';
import type { Machine } from './machine/machine.ts';
import { namespaceSubject, type Subject } from './subject.ts';

export const targetGrammar = 'sandbox:NAME, container:NAME, netns:NAME, pid:812 or net:4026532345';

type Find = (machine: Machine, value: string) => Subject | undefined;

function process(machine: Machine, value: string): Subject | undefined {
  const pid = Pid.safeParse(Number(value));
  const found = pid.success ? machine.process(pid.data) : undefined;
  return found && { kind: 'process', pid: found.pid, start: found.start };
}

const findNamespace =
  (type: NamespaceType): Find =>
  (machine, value) => {
    const found = machine.namespace({ type, inode: Number(value) });
    return found && namespaceSubject(found, found.id);
  };

const calledSo = (machine: Machine, value: string): Container[] =>
  [...machine.containers.values()].filter(({ id, name }) => id === value || name === value);

/** What is before the colon, and how what is behind it is found. */
const finders: Readonly<Record<string, Find>> = {
  sandbox: (machine, value) => {
    const found = machine.sandbox(value);
    return found && { kind: 'sandbox', id: found.id };
  },
  container: (machine, value) => {
    const [found, ...others] = calledSo(machine, value);
    if (others.length > 0) throw new Refused(`${others.length + 1} containers are called ${visible(value)}: use the pid of one`);
    return found && { kind: 'container', id: found.id };
  },
  netns: (machine, value) => {
    const found = [...machine.namespacesOf('net').values()].find(each => each.name === value);
    return found && namespaceSubject(found, found.id);
  },
  pid: (machine, value) => process(machine, value),
};

/** `pid:812` is a process; of its pid namespace nobody knows the number by heart. */
const finderOf = (kind: string): Find | undefined => {
  if (Object.hasOwn(finders, kind)) return finders[kind];
  const type = NamespaceType.safeParse(kind);
  return type.success ? findNamespace(type.data) : undefined;
};

/**
 * Finds what words in a setting or a task mean, as `burrow exec` reads them.
 * @throws Refused for what is no target, and what is not there now
 */
export function subjectOfWords(machine: Machine, words: string): Subject {
  const [, kind = '', value = ''] = /^([a-z]+):(.+)$/.exec(words.trim()) ?? [];
  const find = finderOf(kind);
  if (!find) throw new Refused(`${JSON.stringify(words)} is no target: use ${targetGrammar}`);
  const subject = find(machine, value);
  if (!subject) throw new Refused(`There is no ${words.trim()} on this machine now`);
  return subject;
}

/** The words for something that lasts, by which it is found again. */
export function wordsOfSubject(machine: Machine, subject: Subject): string {
  switch (subject.kind) {
    case 'sandbox':
      return `sandbox:${machine.sandbox(subject.id)?.name ?? subject.id}`;
    case 'container': {
      const container = machine.container(subject.id);
      const words = [container?.name || subject.id, subject.id].find(each => calledSo(machine, each).length < 2);
      return words === undefined ? `pid:${container?.pid}` : `container:${words}`;
    }
    case 'process':
      return `pid:${subject.pid}`;
    case 'namespace': {
      const { type, inode } = subject.key;
      const name = type === 'net' ? machine.namespace(subject.key)?.name : undefined;
      return name === undefined ? `${type}:${inode}` : `netns:${name}`;
    }
  }
}
