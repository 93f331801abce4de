// A fork storm: does the helper keep up, and what does a terminal notice of it?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Helper } from '../../../helper/client/connect.ts';
import type { Programs, Running } from '../programs.ts';
import type { Subject } from '../subject.ts';
import { type Row, row } from '../table.ts';
import { type Echo, type Latency, typing } from './echo.ts';
import { appear, disappear } from './live.ts';
import { processorPercent } from './usage.ts';
import type { Watch } from './watch.ts';

const FORKS_PER_SECOND = 10_000;
const SECONDS = 5;
const CALM_KEYS = 200;

export async function storm({ helper, pid }: Subject, watch: Watch, programs: Programs, maker: Running): Promise<Row[]> {
  const terminal = await openTerminal(helper);
  // The same way without Burrow: what the storm does to every program.
  const cat = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
  const echoes = { terminal, cat: { input: cat.stdin, output: cat.stdout } };
  try {
    const calm = await typing(echoes, keys => keys === CALM_KEYS);
    const before = await helper.request('namespaces/statistics', {});
    const { percent, result } = await processorPercent(pid, () => typeInStorm(programs, echoes));
    const made = await appear(watch, maker);
    const after = await helper.request('namespaces/statistics', {});
    await disappear(watch, maker, made.pid);
    const { started, seconds, echo } = result;
    return [
      row(`processor of the helper while ${Math.round(started / seconds)} processes a second start and end, of one core`, percent, '%', 1),
      row('events that the helper heard of it', after.events - before.events, 'times', 1),
      row('how often it had to read everything anew for it', after.resynchronised - before.resynchronised, 'times', 1),
      row('from the end of the storm until the client is told of a new process', made.tookMs, 'ms', 1),
      ...echoRows(echo.terminal, 'before the storm', calm.terminal),
      ...echoRows(echo.terminal, 'cat through pipes in the same storm', echo.cat),
    ];
  } finally {
    terminal.input.destroy();
    cat.stdin.end();
    await once(cat, 'exit');
  }
}

/** Its echo is the kernel's: it takes the whole way through the helper and back, and no more. */
async function openTerminal(helper: Helper): Promise<Echo> {
  const target = { pid: process.pid };
  const { token } = await helper.request('terminal/open', { target, size: { columns: 80, rows: 24 }, command: ['/bin/cat'] });
  const stream = await helper.stream(token);
  return { input: stream, output: stream };
}

async function typeInStorm<Name extends string>(programs: Programs, echoes: Readonly<Record<Name, Echo>>) {
  const running = programs.start('storm', String(FORKS_PER_SECOND), String(SECONDS));
  let over = false;
  const said = running.line().finally(() => {
    over = true;
  });
  const echo = await typing(echoes, () => over);
  const [started = 0, nanoseconds = Number.NaN] = (await said).split(' ').map(Number);
  await running.end();
  return { started, seconds: nanoseconds / 1e9, echo };
}

const echoRows = (terminal: Latency, against: string, other: Latency): Row[] => [
  row('echo of a key in a terminal during the storm, median', terminal.medianMs, 'ms', terminal.keys, { against, other: other.medianMs }),
  row('echo of a key in a terminal during the storm, longest', terminal.longestMs, 'ms', terminal.keys, {
    against,
    other: other.longestMs,
  }),
];
