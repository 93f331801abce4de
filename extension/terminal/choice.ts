import * as z from 'zod';
import { NamespaceType } from '../../helper/protocol/model.ts';
import { Entry, type Target } from '../../helper/protocol/target.ts';

/** How a person wants a terminal to be: what is left out is as it is in there. */
export const Choice = Entry.omit({ target: true }).extend({ types: z.array(NamespaceType).min(1).optional() });
export type Choice = z.infer<typeof Choice>;

/** Without what says nothing: an environment without a variable, a login shell that is none. */
export function plain({ environment = {}, login, ...rest }: Choice): Choice {
  const some = Object.keys(environment).length > 0;
  return { ...rest, ...(some ? { environment } : {}), ...(login ? { login } : {}) };
}

export const isPlain = (choice: Choice): boolean => Object.values(plain(choice)).every(each => each === undefined);

/** @param shell the person's own choice of a shell everywhere, or an empty text */
export function entryOf(target: Target, choice: Choice, shell: string): Entry {
  const { types, command, ...rest } = plain(choice);
  const words = command ?? (shell ? [shell] : undefined);
  return { target: types ? { ...target, types } : target, ...(words ? { command: words } : {}), ...rest };
}

/** The choice without one of its parts. */
export function without(choice: Choice, part: keyof Choice): Choice {
  const { [part]: _, ...rest } = choice;
  return rest;
}
