// One line of JSON for each thing that is worth knowing afterwards, on stderr.
import type { Peer } from './peer.ts';

type Facts = Readonly<Record<string, unknown>>;

/** A caller chooses what is in a line; no request may fill the disk. */
const LINE_CHARACTERS = 2000;

const write = (facts: Facts): void => {
  const line = JSON.stringify({ time: new Date().toISOString(), ...facts });
  process.stderr.write(`${line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}… cut` : line}\n`);
};

/** The parts of params that say what was done to what; input and environment may hold secrets. */
const told = ['target', 'command', 'user', 'sandbox'] as const;

/** Every act that needs privileges: who, what, on which object, and how it came out. */
export function recordAct({ pid, uid }: Peer, method: string, params: unknown, result: 'done' | string): void {
  const given: Facts = typeof params === 'object' && params !== null ? { ...params } : {};
  const on = Object.fromEntries(told.filter(key => given[key] !== undefined).map(key => [key, given[key]]));
  const { definition } = given;
  const name = typeof definition === 'object' && definition !== null && 'name' in definition ? { name: definition.name } : {};
  write({ act: method, uid, pid, result, on: { ...on, ...name } });
}

export const recordEvent = (event: string, facts: Facts = {}): void => write({ event, ...facts });
