import { namespaceId } from '../helper/protocol/namespaces.ts';
import type { Machine } from './machine/machine.ts';
import type { Subject } from './subject.ts';

/** Whether the machine has something with the subject's number that is another one. */
function isReplaced(machine: Machine, subject: Subject): boolean {
  if (subject.kind === 'process') {
    const now = machine.process(subject.pid);
    return now !== undefined && now.start !== subject.start;
  }
  if (subject.kind !== 'namespace') return false;
  const { id } = subject.key;
  const now = machine.namespace(subject.key)?.id;
  return id !== undefined && now !== undefined && id !== now;
}

function exists(machine: Machine, subject: Subject): boolean {
  switch (subject.kind) {
    case 'namespace':
      return machine.namespace(subject.key) !== undefined;
    case 'process':
      return machine.process(subject.pid) !== undefined;
    case 'container':
      return machine.container(subject.id) !== undefined;
    case 'sandbox':
      return machine.sandbox(subject.id) !== undefined;
  }
}

function endOf(subject: Subject): string {
  switch (subject.kind) {
    case 'namespace':
      return `${namespaceId(subject.key)} is gone: nothing keeps it alive any more`;
    case 'process':
      return `Process ${subject.pid} has ended`;
    case 'container':
      return 'The container has ended';
    case 'sandbox':
      return 'The sandbox has been removed';
  }
}

/**
 * The sentence that refuses a subject which is no more.
 * @param wasKnown it was in a tree; what was not may be too new to be known here, which the helper will tell
 */
export function goneWords(machine: Machine, subject: Subject, wasKnown: boolean): string | undefined {
  const words = endOf(subject);
  if (isReplaced(machine, subject)) return `${words}; its number is that of another one by now`;
  return wasKnown && !exists(machine, subject) ? words : undefined;
}
