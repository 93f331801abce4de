// What is told and kept of a sandbox that is made.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from '../image/as-caller.ts';
import { rootName } from '../plan/root-files.ts';
import type { Definition } from '../protocol/definition/definition.ts';
import type { NamespaceType } from '../protocol/model.ts';
import { readNamespace, readStat, supportedTypes } from '../sys/procfs.ts';
import type { Kept, Traces } from './records.ts';

interface Made {
  readonly definition: Definition;
  readonly caller: Caller;
  readonly notices: readonly string[];
  readonly traces: Traces;
}

/** @param pid none where only the namespaces are kept */
export function bodyOf({ definition, caller, notices, traces }: Made, pid: number | undefined): Pick<Kept, 'sandbox' | 'start'> {
  const { name, namespaces, limits, persist } = definition;
  const { id, network, pins } = traces;
  return {
    sandbox: {
      id,
      name,
      ...(pid !== undefined && { pid }),
      namespaces: Object.fromEntries(
        supportedTypes.flatMap(type => {
          const inode = pid === undefined ? pinned(pins, type) : readNamespace(pid, type);
          return inode === undefined ? [] : [[type, inode]];
        }),
      ),
      networks: network ? [network] : [],
      created: new Date().toISOString(),
      uid: caller.uid,
      ...(namespaces.mnt === true && { root: rootName(definition) }),
      limits,
      persist,
      notices: [...notices],
    },
    ...(pid !== undefined && { start: readStat(pid).start }),
  };
}

const pinned = (pins: string | undefined, type: NamespaceType): number | undefined =>
  pins === undefined ? undefined : statSync(join(pins, type), { throwIfNoEntry: false })?.ino;
