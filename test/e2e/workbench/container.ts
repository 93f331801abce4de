import { readlinkSync, rmSync } from 'node:fs';
import { Fixture } from '../../support/fixture.ts';

/** A runc container of this run's own, found as any other one on the machine is: by runc's usual state. */
export class TestContainer {
  readonly name = `e2e-${process.pid}`;
  readonly #folder = `/tmp/burrow-e2e-fixtures-${process.pid}`;
  readonly #fixture = new Fixture('runc', { FX_NAME: this.name, FX_ROOT: this.#folder });
  pid = 0;

  start(): void {
    this.pid = this.#fixture.start();
  }

  namespace(type: string): string {
    return readlinkSync(`/proc/${this.pid}/ns/${type}`);
  }

  inode(type: string): string {
    return this.namespace(type).replace(/\D/g, '');
  }

  stop(): void {
    this.#fixture.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
