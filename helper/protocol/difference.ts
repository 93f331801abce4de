import * as z from 'zod';
import { Container, Gap, Namespace, NamespaceKey, Pid, Process } from './model.ts';

export { namespaceId } from './namespaces.ts';

const Objects = z.object({ namespaces: z.array(Namespace), processes: z.array(Process), containers: z.array(Container) });

/** What turns one snapshot into the next: whole objects that are new or changed, keys of those that are gone. */
export const Difference = z.object({
  added: Objects,
  changed: Objects,
  removed: z.object({ namespaces: z.array(NamespaceKey), processes: z.array(Pid), containers: z.array(z.string()) }),
  gaps: z.array(Gap),
  /** More of the same change follows: what is known now is not yet one state of the machine. */
  partial: z.boolean().optional(),
  /** Whatever was known before is void: everything there is follows. */
  beginning: z.boolean().optional(),
  /** Events were lost, so that everything was read again. */
  resynchronised: z.boolean().optional(),
});
export type Difference = z.infer<typeof Difference>;
/** As it is written. */
export type DifferenceInput = z.input<typeof Difference>;
