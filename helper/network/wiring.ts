// Both ends of what joins a new network namespace to the helper's own.
import { closeSync, openSync } from 'node:fs';
import { visit } from '../sys/namespaces.ts';
import { RouteSocket } from '../sys/netlink.ts';
import { newVeth, type VethEnds } from './rtnetlink.ts';

export type Side = 'host' | 'inside';

/** A socket on each side, from one visit: each thing more costs a request, and those of one side can be sent together. */
export class Wiring implements Disposable {
  readonly sides: Readonly<Record<Side, RouteSocket>>;
  readonly #namespace: number;

  /** @param pid a process in the new namespace, which stays there meanwhile: a child of the helper that waits */
  constructor(pid: number) {
    this.#namespace = openSync(`/proc/${pid}/ns/net`, 'r');
    let host: RouteSocket | undefined;
    try {
      host = new RouteSocket();
      this.sides = { host, inside: visit('net', this.#namespace, `net of pid ${pid}`, () => new RouteSocket()) };
    } catch (error) {
      host?.[Symbol.dispose]();
      closeSync(this.#namespace);
      throw error;
    }
  }

  /** @throws RequestFailed EEXIST when a name is taken on its side */
  pair(host: string, inside: string): VethEnds {
    return newVeth(this.sides.host, host, inside, this.#namespace);
  }

  [Symbol.dispose](): void {
    for (const socket of Object.values(this.sides)) socket[Symbol.dispose]();
    closeSync(this.#namespace);
  }
}
