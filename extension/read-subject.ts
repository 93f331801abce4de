// Checks what a command is given. Apart from what makes subjects, which needs no zod and is loaded with the views.
import * as z from 'zod';
import { NamespaceReference, Pid } from '../helper/protocol/model.ts';

/** What a command acts on: as tree items, quick picks, documents and other extensions hand it over. */
export const Subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('namespace'), key: NamespaceReference }),
  // The start time makes a pid that was given out again another process.
  z.object({ kind: z.literal('process'), pid: Pid, start: z.int() }),
  z.object({ kind: z.literal('container'), id: z.string().min(1) }),
  z.object({ kind: z.literal('sandbox'), id: z.string().min(1) }),
]);
export type Subject = z.infer<typeof Subject>;

const Carrier = z.object({ subject: Subject });

/** Whether a command's argument is something that a tree has shown. */
export const isShown = (argument: unknown): boolean => Carrier.safeParse(argument).success;

/** Reads a command's argument: a subject, or something that has one, such as a tree element. */
export function readSubject(argument: unknown): Subject | undefined {
  const carried = Carrier.safeParse(argument);
  if (carried.success) return carried.data.subject;
  const bare = Subject.safeParse(argument);
  return bare.success ? bare.data : undefined;
}
