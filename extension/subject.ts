import type { NamespaceKey } from '../helper/protocol/model.ts';
import type { Target } from '../helper/protocol/target.ts';
import type { Subject } from './read-subject.ts';

export type { Subject } from './read-subject.ts';

/** @param id the kernel's own number of it, where that is known: it makes an inode that was given out again another namespace */
export const namespaceSubject = ({ type, inode }: NamespaceKey, id: number | undefined): Extract<Subject, { kind: 'namespace' }> => ({
  kind: 'namespace',
  key: { type, inode, ...(id === undefined ? {} : { id }) },
});

/** What a terminal enters to be where the subject is. */
export function targetOf(subject: Subject): Target {
  switch (subject.kind) {
    case 'namespace':
      return { namespaces: [subject.key] };
    case 'process':
      return { pid: subject.pid, start: subject.start };
    case 'container':
      return { container: subject.id, byId: true };
    case 'sandbox':
      return { sandbox: subject.id };
  }
}
