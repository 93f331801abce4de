// The tools that run one command in a sandbox which goes with it. Each sees this machine's files without being able to change them,
// or an image of its own, has a /proc, a /dev and a /tmp, and no network.
import { Fixture, Missing } from '../../support/fixture.ts';
import { type Competitor, run, runAs, timed } from '../measure.ts';

/** bubblewrap(1), which a person would choose for it: every namespace but time, which it cannot make. */
export const bwrap = (uid: number | undefined, ...command: readonly string[]): Competitor =>
  timed(() =>
    runAs(
      uid,
      'bwrap',
      ...['--unshare-all', '--die-with-parent', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
      ...command,
    ),
  );

/**
 * `docker run` of an image that is there already, with a daemon that runs already and takes no part in the time.
 * Answers undefined where no Docker is installed.
 * @param rounds few: it takes a hundred times as long as the others
 */
export async function withDocker<T>(
  rounds: number,
  command: readonly string[],
  work: (docker: Competitor | undefined) => Promise<T>,
): Promise<T> {
  const fixture = new Fixture('docker');
  try {
    fixture.start();
  } catch (error) {
    if (error instanceof Missing) return work(undefined);
    throw error;
  }
  try {
    const host = `unix://${process.env['FX_ROOT'] ?? '/tmp/burrow-fixtures'}/docker.sock`;
    const words = ['--host', host, 'run', '--rm', '--network', 'none', '--read-only', '--tmpfs', '/tmp', 'localhost/fx:latest', ...command];
    return await work(timed(() => run('docker', ...words), rounds));
  } finally {
    fixture.stop();
  }
}
