// What only a process tells that goes into a namespace, or stops another process. The main thread starts it: it alone
// hears of the end of its children.
import { constants as files, openSync } from 'node:fs';
import { readFilters } from '../seccomp/read-filters.ts';
import { O_PATH } from '../sys/flags.ts';
import { type IdMaps, readMaps } from './id-maps.ts';
import { lookInto } from './look-into.ts';

export interface Probes {
  /**
   * @param mnt a descriptor of a mount namespace
   * @returns a descriptor of its root directory, which is the caller's
   * @throws StageFailed of setns: EPERM without CAP_SYS_ADMIN in it
   */
  readonly rootIn: (mnt: number, label: string) => Promise<number>;
  /** Of a user namespace that no process need be in. @throws as rootIn */
  readonly mapsIn: (user: number, label: string) => Promise<IdMaps>;
  /** See readFilters. */
  readonly filtersOf: (thread: number, count: number, label: string) => Promise<readonly Uint8Array[]>;
}

export const probes: Probes = {
  rootIn: (mnt, label) => lookInto('mnt', mnt, label, pid => openSync(`/proc/${pid}/root`, O_PATH | files.O_DIRECTORY)),
  mapsIn: (user, label) => lookInto('user', user, label, pid => readMaps(`/proc/${pid}`)),
  filtersOf: readFilters,
};
