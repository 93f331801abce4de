import { type Facts, record } from '../sys/log.ts';
import type { Peer } from './peer.ts';

/** The parts of params that say what was done to what; input and environment may hold secrets. */
const told = ['target', 'command', 'user', 'directory', 'tools', 'writable', 'filter', 'sandbox', 'limits', 'signal'] as const;

/** Every act that needs privileges: who, what, on which object, and how it came out. */
export function recordAct({ pid, uid }: Peer, method: string, params: unknown, result: 'done' | string): void {
  const given: Facts = typeof params === 'object' && params !== null ? { ...params } : {};
  const on = Object.fromEntries(told.filter(key => given[key] !== undefined).map(key => [key, given[key]]));
  const { definition } = given;
  const name = typeof definition === 'object' && definition !== null && 'name' in definition ? { name: definition.name } : {};
  record({ act: method, uid, pid, result, on: { ...on, ...name } });
}
