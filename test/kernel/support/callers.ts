// For whom sandboxes are made: root, and a user who has no account and owns nothing.
import { execFileSync } from 'node:child_process';
import type { DefinitionInput } from '../../../helper/protocol/definition/definition.ts';
import { methods } from '../../../helper/protocol/methods.ts';
import { type Living, Machine } from './machine.ts';

export interface Maker {
  readonly who: string;
  readonly uid: number;
  start(): Promise<Machine>;
  create(machine: Machine, definition: DefinitionInput): Promise<Living>;
}

export const root: Maker = {
  who: 'root',
  uid: 0,
  start: () => Machine.start(),
  create: (machine, definition) => machine.create(definition),
};

const UID = 61_001;
export const asOrdinary: readonly string[] = ['setpriv', '--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups'];

export const ordinary: Maker = {
  who: 'an ordinary user',
  uid: UID,
  start: () => Machine.start({ user: UID }),
  create: async (machine, definition) => {
    const { status, stdout, stderr } = machine.type(['call', 'sandbox/create', JSON.stringify({ definition })], { as: asOrdinary });
    if (status !== 0) throw new Error(stderr);
    return machine.keepInMind(methods['sandbox/create'].result.parse(JSON.parse(stdout)));
  },
};

export const whoMakes: readonly Maker[] = [root, ordinary];

/** Runs a shell line as root of a sandbox, by nsenter(1): with the ids of its maker, as whoever sits inside. */
export const inSandbox = (pid: number, script: string): string =>
  execFileSync('nsenter', ['--target', `${pid}`, '--all', '--root', '--wd=/', '--setuid', '0', '--setgid', '0', '--', 'sh', '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
