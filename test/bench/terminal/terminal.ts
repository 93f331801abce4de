// Into a container: a terminal, what it carries, and a command.
import type { Helper } from '../../../helper/client/connect.ts';
import { Fixture } from '../../support/fixture.ts';
import { hold, run, timed } from '../measure.ts';
import { Programs } from '../programs.ts';
import { withHelper } from '../subject.ts';
import { compared, type Row } from '../table.ts';
import { withContainer } from './docker.ts';
import { flood } from './flood.ts';
import { keys } from './keys.ts';
import { prompt } from './prompt.ts';

export async function terminal(): Promise<Row[]> {
  using programs = new Programs('terminal', ['pty', 'reader']);
  const beside = await withContainer(container =>
    withHelper(async subject => [
      ...(container ? await prompt(subject.helper, programs, container) : []),
      ...(container ? await flood(subject, programs, container) : []),
      ...(await keys(subject)),
    ]),
  );
  const runc = new Fixture('runc');
  const init = runc.start();
  try {
    return [...beside, await withHelper(({ helper }) => command(helper, init))];
  } finally {
    runc.stop();
  }
}

async function command(helper: Helper, pid: number): Promise<Row> {
  const { burrow, nsenter } = await hold(50, {
    burrow: timed(() => helper.request('process/run', { target: { pid }, command: ['/bin/true'] })),
    nsenter: timed(() => run('nsenter', '--target', String(pid), '--all', '/bin/true')),
  });
  return compared('run true in a container', burrow, 'nsenter', nsenter);
}
