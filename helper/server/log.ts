// One line of JSON for each thing that is worth knowing afterwards, on stderr.
import type { Peer } from './peer.ts';

type Facts = Readonly<Record<string, unknown>>;

const write = (facts: Facts): void => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...facts })}\n`);
};

/** Every act that needs privileges: who, what, on which object, and how it came out. */
export const recordAct = ({ pid, uid }: Peer, method: string, params: unknown, result: 'done' | string): void =>
  write({ act: method, uid, pid, on: params, result });

export const recordEvent = (event: string, facts: Facts = {}): void => write({ event, ...facts });
