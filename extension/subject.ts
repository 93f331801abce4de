import * as z from 'zod';
import { NamespaceKey, Pid } from '../helper/protocol/model.ts';
import type { Target } from '../helper/protocol/target.ts';

/** What a command acts on: as tree items, quick picks, documents and other extensions hand it over. */
export const Subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('namespace'), key: NamespaceKey }),
  // The start time makes a pid that was given out again another process.
  z.object({ kind: z.literal('process'), pid: Pid, start: z.int() }),
  z.object({ kind: z.literal('container'), id: z.string().min(1) }),
  z.object({ kind: z.literal('sandbox'), id: z.string().min(1) }),
]);
export type Subject = z.infer<typeof Subject>;

const Carrier = z.object({ subject: Subject });

/** Reads a command's argument: a subject, or something that has one, such as a tree element. */
export function readSubject(argument: unknown): Subject | undefined {
  const carried = Carrier.safeParse(argument);
  if (carried.success) return carried.data.subject;
  const bare = Subject.safeParse(argument);
  return bare.success ? bare.data : undefined;
}

/** What a terminal enters to be where the subject is. */
export function targetOf(subject: Subject): Target {
  switch (subject.kind) {
    case 'namespace':
      return { namespaces: [subject.key] };
    case 'process':
      return { pid: subject.pid, start: subject.start };
    case 'container':
      return { container: subject.id };
    case 'sandbox':
      return { sandbox: subject.id };
  }
}
