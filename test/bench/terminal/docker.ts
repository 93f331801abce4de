import { Fixture, Missing } from '../../support/fixture.ts';

/** A container of Docker, whose daemon runs. */
export interface Container {
  /** Its init. */
  readonly pid: number;
  /** `docker exec` of a command on a terminal in it; the command is to follow. */
  readonly exec: readonly string[];
}

/** Gives `work` a container, or nothing where no Docker is installed. */
export async function withContainer<T>(work: (container: Container | undefined) => Promise<T>): Promise<T> {
  const fixture = new Fixture('docker');
  let pid: number;
  try {
    pid = fixture.start();
  } catch (error) {
    if (error instanceof Missing) return work(undefined);
    throw error;
  }
  try {
    const host = `unix://${process.env['FX_ROOT'] ?? '/tmp/burrow-fixtures'}/docker.sock`;
    return await work({ pid, exec: ['docker', '--host', host, 'exec', '--interactive', '--tty', 'fx-docker'] });
  } finally {
    fixture.stop();
  }
}
