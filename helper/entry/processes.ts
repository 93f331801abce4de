import { randomUUID } from 'node:crypto';
import type { Params, Result } from '../protocol/methods.ts';
import type { Entry } from '../protocol/target.ts';
import type { Ending } from '../stage/reaper.ts';
import { later } from '../sys/background.ts';
import { type Launched, type LaunchWorld, launch } from './launch.ts';
import { offerStreams } from './offers.ts';
import { collectOutput } from './output.ts';
import { Pipes } from './pipes.ts';
import type { Streams } from './streams.ts';

type Started = Launched &
  Pipes['streams'] & {
    /** Does nothing once it has ended: its pid may be another's then. */
    readonly kill: () => void;
  };

async function start(entry: Entry, world: LaunchWorld, onEnd: (ending: Ending) => void): Promise<Started> {
  const opened: { pipes?: Pipes } = {};
  let runs = true;
  const open = (): Pipes['inside'] => {
    opened.pipes = new Pipes();
    return opened.pipes.inside;
  };
  try {
    const launched = await launch(entry, world, { open }, ending => {
      runs = false;
      onEnd(ending);
    });
    const kill = (): void => {
      if (runs) process.kill(launched.pid, 'SIGKILL');
    };
    if (!opened.pipes) throw new Error('no pipes were made');
    return { ...launched, ...opened.pipes.streams, kill };
  } catch (error) {
    opened.pipes?.closeOutside();
    throw error;
  }
}

/** Calls back when the client that asked has gone: nobody is left to end what it started. */
type OnClose = (handler: () => void) => () => void;

/** Runs a command to its end and collects what it writes. */
export async function run(
  { input, timeoutMs, ...entry }: Params<'process/run'>,
  world: LaunchWorld,
  onClose: OnClose,
): Promise<Result<'process/run'>> {
  let ended: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>(resolve => {
    ended = resolve;
  });
  const { stdin, stdout, stderr, notices, kill } = await start(entry, world, ending => ended(ending));
  const stay = onClose(kill);
  stdin.end(input ?? '');
  const timer = timeoutMs === undefined ? undefined : later('the time of a command', timeoutMs, kill);
  const output = collectOutput(stdout, stderr);
  const how = await ending;
  clearTimeout(timer);
  stay();
  const written = await output();
  stdin.destroy();
  return { ...how, ...written, notices };
}

interface Opening {
  readonly uid: number;
  readonly streams: Streams;
  readonly onClose: OnClose;
  readonly exited: (process: string, ending: Ending) => void;
}

/** Starts a command whose streams are claimed by their tokens; those that are not, are closed. It is killed when its client leaves. */
export async function open(
  entry: Params<'process/open'>,
  world: LaunchWorld,
  { uid, streams, onClose, exited }: Opening,
): Promise<Result<'process/open'>> {
  const id = randomUUID();
  let stay = (): void => undefined;
  const { stdin, stdout, stderr, joined, notices, kill } = await start(entry, world, ending => {
    stay();
    exited(id, ending);
  });
  stay = onClose(kill);
  return { process: id, ...offerStreams({ stdin, stdout, stderr }, streams, uid), joined, notices };
}
