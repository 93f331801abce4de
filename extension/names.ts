import type { Namespace, NamespaceKey } from '../helper/protocol/model.ts';
import { visible } from './hostile-text.ts';
import type { Machine } from './machine/machine.ts';
import type { Subject } from './subject.ts';

/** A name for a namespace, and what gave it: `redis-1`, `docker container redis-1`. */
export interface Given {
  readonly name: string;
  readonly words: string;
}

function fromContainers(machine: Machine, key: NamespaceKey): Given | undefined {
  const [first, ...others] = machine.sharing(key);
  if (!first) return undefined;
  const name = visible(first.name);
  const more = others.length ? ` and ${others.length} more` : '';
  return { name: name + more, words: `${visible(first.engine)} container ${name}${more}` };
}

/** Who a namespace belongs to: the host, a sandbox, containers, or a name of `ip netns`. */
export function givenName(
  machine: Machine,
  key: NamespaceKey,
  named: string | undefined = machine.namespace(key)?.name,
): Given | undefined {
  if (machine.isHosts(key)) return { name: 'host', words: 'the host' };
  const sandbox = machine.sandboxWith(key);
  if (sandbox) return { name: visible(sandbox.name), words: `sandbox ${visible(sandbox.name)}` };
  const containers = fromContainers(machine, key);
  if (containers) return containers;
  return named === undefined ? undefined : { name: visible(named), words: `ip netns ${visible(named)}` };
}

/** The name of the process that has been in the namespace longest. */
export function oldestName(machine: Machine, namespace: Namespace): string | undefined {
  const oldest = namespace.holders.oldest;
  const process = oldest === undefined ? undefined : machine.process(oldest);
  return process && visible(process.name);
}

/** How a terminal, a prompt or an error calls a subject: `redis-1`, `net:4026532345`. */
export function subjectName(machine: Machine, subject: Subject): string {
  switch (subject.kind) {
    case 'namespace':
      return `${subject.key.type}:${subject.key.inode}`;
    case 'process':
      return visible(machine.process(subject.pid)?.name ?? `process ${subject.pid}`);
    case 'container':
      return visible(machine.container(subject.id)?.name ?? subject.id);
    case 'sandbox':
      return visible(machine.sandbox(subject.id)?.name ?? subject.id);
  }
}

/** The process that stands for a subject; undefined where none is in it. */
export function pidOf(machine: Machine, subject: Subject): number | undefined {
  switch (subject.kind) {
    case 'namespace':
      return machine.namespace(subject.key)?.holders.oldest;
    case 'process':
      return subject.pid;
    case 'container':
      return machine.container(subject.id)?.pid;
    case 'sandbox':
      return machine.sandbox(subject.id)?.pid;
  }
}
