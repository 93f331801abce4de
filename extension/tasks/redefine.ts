import type { Definition } from '../../helper/protocol/definition/definition.ts';
import type { TaskOrder } from './definition.ts';

/** The sandbox of a definition for one run: under a name of its own, with what the task says instead of what the file does. */
export function redefined(definition: Definition, { command, user, directory, environment }: TaskOrder, name: string): Definition {
  return {
    ...definition,
    name,
    // Who closes the window ends the task, whatever the file keeps.
    persist: false,
    ...(command === undefined ? {} : { command: [...command] }),
    ...(user === undefined ? {} : { user }),
    ...(directory === undefined ? {} : { directory }),
    environment: { ...definition.environment, ...environment },
  };
}

const nameLength = 32;

/** The name, and a number behind it where it is taken: a task may run twice at a time. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const suffix = count === 1 ? '' : `-${count}`;
    const candidate = `${name.slice(0, nameLength - suffix.length).replace(/-$/, '')}${suffix}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
