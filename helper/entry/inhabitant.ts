// The namespaces of a process that hold its programs whatever else is joined, held open.
import { closeSync, openSync } from 'node:fs';
import { type IdMaps, readMaps } from './id-maps.ts';

export class Inhabitant implements Disposable {
  readonly user: number;
  readonly pid: number;
  /** Of its user namespace. */
  readonly maps: IdMaps;

  /**
   * The caller makes sure, after it, that the process is still the one meant.
   * @param proc `/proc/812/task/815`
   */
  constructor(proc: string) {
    this.maps = readMaps(proc);
    this.user = openSync(`${proc}/ns/user`, 'r');
    try {
      this.pid = openSync(`${proc}/ns/pid`, 'r');
    } catch (error) {
      closeSync(this.user);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.user);
    closeSync(this.pid);
  }
}
