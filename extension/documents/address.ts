import * as z from 'zod';
import { Definition } from '../../helper/protocol/definition/definition.ts';
import { NamespaceReference, Pid } from '../../helper/protocol/model.ts';
import { namespaceId } from '../../helper/protocol/namespaces.ts';
import { pathSegment } from '../hostile-text.ts';
import type { Machine } from '../machine/machine.ts';
import { givenName } from '../names.ts';
import { scheme } from './scheme.ts';

/** What a document shows. It is in the address, so that a document is the same one after a restart of the editor. */
export const Shown = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('namespace'), key: NamespaceReference }),
  z.object({ kind: z.literal('process'), pid: Pid, start: z.int() }),
  z.object({
    kind: z.literal('plan'),
    definition: Definition,
    /** The step at which it failed, from 1, and why. */
    failed: z.object({ step: z.int(), message: z.string() }).optional(),
  }),
]);
export type Shown = z.infer<typeof Shown>;

/** The parts of an address; the path is what the tab shows. */
export interface Address {
  readonly scheme: typeof scheme;
  readonly path: string;
  readonly query: string;
}

function titleOf(machine: Machine, shown: Shown): string {
  switch (shown.kind) {
    case 'namespace': {
      const name = givenName(machine, shown.key)?.name;
      return `${shown.key.type} ${shown.key.inode}${name === undefined ? '' : ` (${name})`}`;
    }
    case 'process':
      return `process ${shown.pid} ${machine.process(shown.pid)?.name ?? ''}`.trim();
    case 'plan':
      return `plan of ${shown.definition.name}`;
  }
}

export const addressOf = (machine: Machine, shown: Shown): Address => ({
  scheme,
  path: `/${pathSegment(titleOf(machine, shown))}`,
  query: JSON.stringify(shown),
});

/** @returns undefined for an address that is none of Burrow's */
export function readAddress(query: string): Shown | undefined {
  try {
    return Shown.parse(JSON.parse(query));
  } catch {
    return undefined;
  }
}

/** The name of what a document shows when it is gone. */
export const subjectOf = (shown: Shown): string => {
  if (shown.kind === 'namespace') return namespaceId(shown.key);
  return shown.kind === 'process' ? `process ${shown.pid}` : `plan of ${shown.definition.name}`;
};
