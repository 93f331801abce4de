// From the request to the first byte of a shell's prompt.
import { once } from 'node:events';
import type { Helper } from '../../../helper/client/connect.ts';
import { hold, timed } from '../measure.ts';
import type { Programs } from '../programs.ts';
import { compared, type Row } from '../table.ts';
import { Contender } from './contender.ts';
import type { Container } from './docker.ts';

const ROUNDS = 50;
const DOCKER_ROUNDS = 10;
const size = { columns: 80, rows: 24 };
const what = 'terminal in a container, to the first byte of its prompt';

export async function prompt(helper: Helper, programs: Programs, { pid, exec }: Container): Promise<Row[]> {
  await using nsenter = new Contender(programs, 'first', 'nsenter', '--target', String(pid), '--all', '/bin/sh');
  await using docker = new Contender(programs, 'first', ...exec, '/bin/sh');
  const times = await hold(ROUNDS, {
    burrow: timed(() => untilPrompt(helper, pid)),
    nsenter: nsenter.as(),
    docker: docker.as(DOCKER_ROUNDS),
  });
  return [
    compared(what, times.burrow, 'nsenter --all on a terminal of a C program', times.nsenter, 1),
    compared(what, times.burrow, 'docker exec -it', times.docker, 0.2),
  ];
}

/** The time of ending it is not counted. */
async function untilPrompt(helper: Helper, pid: number): Promise<void> {
  const { stream } = await helper.openTerminal({ target: { pid }, size, command: ['/bin/sh'] });
  await once(stream, 'data');
  stream.destroy();
}
