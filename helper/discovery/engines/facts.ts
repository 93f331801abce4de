// What is read of one process that may be a container's init.
import type { Process } from '../../protocol/model.ts';
import { namespaceTypes } from '../../protocol/namespaces.ts';
import { processText } from '../../sys/process-files.ts';
import { parseCgroup, readStat } from '../../sys/procfs.ts';
import { containerOfCgroup } from './cgroup.ts';
import type { Facts } from './engine.ts';
import type { Reach } from './reach.ts';
import type { RuntimeStates } from './runtimes.ts';
import { argumentsOf, isSupervisor, startsServices } from './supervisors.ts';

export interface Surroundings {
  readonly processes: ReadonlyMap<number, Process>;
  readonly reach: Reach;
  readonly runtimes: RuntimeStates;
}

/**
 * The first process of a container has a mount namespace that its parent has not, and is either the first of a pid
 * namespace, or started by what starts containers, or in a runtime's state: containers may share the host's pids.
 * Of a service one namespace of any type may be its own.
 */
export function likelihoodOf(process: Process, { processes, runtimes }: Surroundings): 'likely' | 'possible' | undefined {
  const parent = processes.get(process.parent);
  if (parent && startsServices(parent) && isElsewhere(process, parent)) return 'likely';
  if (process.namespaces.mnt === undefined || process.namespaces.mnt === parent?.namespaces.mnt) return undefined;
  if ((parent !== undefined && isSupervisor(parent)) || runtimes.knows(process)) return 'likely';
  return process.pids.length > 1 && process.pids.at(-1) === 1 ? 'possible' : undefined;
}

/** Every process is looked at so in every scan. */
function isElsewhere({ namespaces }: Process, { namespaces: others }: Process): boolean {
  for (const type of namespaceTypes) {
    const other = others[type];
    if (other !== undefined && namespaces[type] !== other && namespaces[type] !== undefined) return true;
  }
  return false;
}

export function readFacts(process: Process, surroundings: Surroundings): Facts {
  const cgroups = [...new Set(cgroupPaths(process.pid))];
  const parent = surroundings.processes.get(parentOf(process));
  return {
    ...surroundings,
    process,
    parent,
    cgroups,
    cgroup: containerOfCgroup(cgroups),
    supervisor: parent && isSupervisor(parent) ? argumentsOf(parent) : [],
  };
}

function parentOf({ pid, parent }: Process): number {
  try {
    return readStat(pid).parent;
  } catch {
    return parent; // it has ended
  }
}

function cgroupPaths(pid: number): string[] {
  try {
    return parseCgroup(processText(pid, 'cgroup')).map(line => line.path);
  } catch {
    return []; // it has ended
  }
}
