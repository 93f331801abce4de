import * as z from 'zod';
import type { Subject } from '../subject.ts';
import { namespaceIcons } from '../tree/nodes.ts';

/** A codicon and a colour of the theme. It comes back from outside, and the editor resolves what it is given. */
export const Look = z.object({
  icon: z.string().regex(/^[a-z][a-z-]{0,40}$/),
  color: z.string().regex(/^terminal\.ansi[A-Z][A-Za-z]{2,12}$/),
});
export type Look = z.infer<typeof Look>;

const looks: Readonly<Record<Subject['kind'], Look>> = {
  namespace: { icon: 'globe', color: 'terminal.ansiCyan' },
  process: { icon: 'server-process', color: 'terminal.ansiYellow' },
  container: { icon: 'package', color: 'terminal.ansiBlue' },
  sandbox: { icon: 'beaker', color: 'terminal.ansiGreen' },
};

export const lookOf = (subject: Subject): Look =>
  subject.kind === 'namespace' ? { ...looks.namespace, icon: namespaceIcons[subject.key.type] } : looks[subject.kind];
