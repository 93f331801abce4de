import { asGiven } from '../../../../helper/entry/command.ts';
import type { EntryPlan } from '../../../../helper/entry/program.ts';

/** Into three namespaces of a container, as its root. */
export const plan: EntryPlan = {
  types: ['net', 'user', 'mnt'],
  label: 'web',
  hasRoot: true,
  privileged: true,
  as: { outside: { uid: 0, gid: 0, groups: [27, 1000] }, isMapped: true },
  places: [],
  memberships: [],
  view: undefined,
  hasMounts: true,
  hasStartupDirectory: false,
  lsm: undefined,
  command: {
    terminal: true,
    directory: '/root',
    umask: 0o022,
    identity: { uid: 0, gid: 0, name: 'root', home: '/root' },
    confinement: { limits: {}, noNewPrivileges: false },
    attempts: [asGiven(['/bin/sh', '-i'])],
    mortal: false,
    environment: { PATH: '/bin' },
  },
};
