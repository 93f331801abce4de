// Whether this machine does something is found out by having it done, by a process that ends with it.
import { closeSync, openSync } from 'node:fs';
import { unshare } from '../plan/stage-steps.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { prelude } from '../stage/calls.ts';
import type { Call } from '../stage/program.ts';
import { stage } from '../stage/run.ts';
import { SysError } from '../sys/errors.ts';

/** The errno of what was refused, or why it could not be tried; undefined for what was done. */
export type Outcome = string | undefined;

/**
 * One process makes them all, and only where it may not each is made by one of its own, to tell which it is.
 * Without privileges a user namespace comes with each, since nothing else gives the right to the others.
 */
export async function tryNamespaces(types: readonly NamespaceType[], privileged: boolean): Promise<Map<NamespaceType, Outcome>> {
  const all = await outcomeOf(unshare(types));
  if (all === undefined) return new Map(types.map(type => [type, undefined]));
  const outcomes = types.map(
    async type => [type, await outcomeOf(unshare(privileged || type === 'user' ? [type] : ['user', type]))] as const,
  );
  return new Map(await Promise.all(outcomes));
}

/** fsopen(2) loads the module of a file system that is not there yet, as mount(2) does. ENODEV: this kernel has none. */
export const tryFileSystem = (name: string): Promise<Outcome> =>
  outcomeOf([{ call: 'fsopen', arguments: [name, { text: 'FSOPEN_CLOEXEC', value: 1 }] }]);

async function outcomeOf(calls: readonly Call[]): Promise<Outcome> {
  const nothing = openSync('/dev/null', 'r+');
  try {
    await stage({ program: [...prelude, ...calls], stdio: [nothing, nothing, nothing], handles: new Map(), onEnd: () => undefined });
    return undefined;
  } catch (error) {
    // Where not even the try could be made, that is why.
    return error instanceof SysError ? error.errno : String(error);
  } finally {
    closeSync(nothing);
  }
}
