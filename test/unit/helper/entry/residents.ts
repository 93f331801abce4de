// Processes as the tests of entering have them.
import { Entered } from '../../../../helper/entry/entered.ts';
import type { Resident } from '../../../../helper/entry/resident.ts';
import type { NamespaceType } from '../../../../helper/protocol/model.ts';

export const resident = (changes: Partial<Resident> = {}): Resident => ({
  thread: 7,
  start: 1,
  name: 'nginx',
  status: '\nNoNewPrivs:\t0\nSeccomp:\t0\nCapEff:\tffffffffffffffff\nCapBnd:\tffffffffffffffff\n',
  uid: 0,
  gid: 0,
  groups: [],
  umask: 0o022,
  environment: {},
  directory: '/srv',
  cgroups: [],
  label: undefined,
  is32Bit: false,
  ...changes,
});

/** The status of one that may do next to nothing. */
export const confined =
  '\nNoNewPrivs:\t1\nSeccomp:\t2\nCapInh:\t0\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000001\nCapAmb:\t0\n';

/** In the place of a process, with `types` joined. */
export function inPlaceOf(process: Resident, ...types: readonly NamespaceType[]): Entered {
  const entered = new Entered('web');
  entered.resident = process;
  entered.takesPlace = true;
  for (const type of types) entered.namespaces.set(type, -1);
  return entered;
}

/** The host's program, with `types` joined. */
export function beside(process: Resident, ...types: readonly NamespaceType[]): Entered {
  const entered = inPlaceOf(process, ...types);
  entered.takesPlace = false;
  return entered;
}
