import { Socket } from 'node:net';
import { later } from '../sys/background.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { decodeReport, encode, REPORT, REPORT_BYTES, type Report } from './encode.ts';
import { describeCall, handlesOf, type Instruction, type Program } from './program.ts';
import { type Ended, reaper } from './reaper.ts';
import { type Begun, stages } from './waiting.ts';

/** A call of the program that failed inside the stage. */
export class StageFailed extends SysError {
  readonly instruction: Instruction;
  /** Its place in the program, from 0. */
  readonly index: number;
  constructor(instruction: Instruction, index: number, errno: number) {
    super(callOf(instruction), errno, subjectOf(instruction));
    this.instruction = instruction;
    this.index = index;
  }
}

function callOf(instruction: Instruction): string {
  if ('call' in instruction) return instruction.call;
  return 'into' in instruction ? 'clone3' : 'clone';
}

/** Of execve(2) the path only: the environment may hold secrets, and be long. */
function subjectOf(instruction: Instruction): string {
  const isExecution = 'call' in instruction && instruction.call === 'execve';
  return describeCall(isExecution ? { ...instruction, arguments: instruction.arguments.slice(0, 1) } : instruction);
}

export interface Staging {
  readonly program: Program;
  /** Descriptors of the helper that become 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  /** Descriptors of the helper for the program's handles, by description. They may be closed once {@link stage} has returned its promise. */
  readonly handles: ReadonlyMap<string, number>;
  /** Called where the program waits; the program goes on when it resolves, and ends when it throws. `pid` is the process that waits. */
  readonly onSync?: (until: string, pid: number) => Promise<void> | void;
  /** Called when the sandbox's init would stay. If it throws, or the helper dies meanwhile, init does not stay. */
  readonly onReady?: (pid: number) => Promise<void> | void;
  /** Called once, when the process that the program leaves behind has ended. */
  readonly onEnd: Ended;
}

/** What a program does is quick; but a hostile container can stop it (SIGSTOP), and a dead disk hold it. */
const DEADLINE_MS = 10_000;

/**
 * Runs a program. Resolves with the process it leaves behind, which the helper then waits for: the
 * executed command once execve(2) has succeeded, or the sandbox's init once it stays.
 *
 * The program must hold one fork, and wait for the helper at some point after it; without one it leaves
 * nothing, and has ended when this resolves. On any failure nothing of it is left running.
 * @throws StageFailed with the call and errno; Refusal after ten seconds; whatever `onSync` and `onReady` threw
 */
export async function stage(staging: Staging): Promise<number> {
  const program = encode(staging.program); // what is wrong with it shows before anything has started
  const forks = forkIn(staging.program) < staging.program.length;
  const stage = stages.begin(program, descriptorsOf(staging));
  const control = controlOf(stage);
  const late = new Refusal('system', `The process did not start within ${DEADLINE_MS / 1000} s: something there holds it up.`);
  const deadline = later('the deadline of a program', DEADLINE_MS, () => control.destroy(late));
  const progress: Progress = { stage: stage.pid, forked: undefined, failure: undefined };
  try {
    if (stage.rest.length > 0) control.write(stage.rest);
    await follow(control, staging, progress);
    if (progress.failure) throw progress.failure;
    if (!forks) return stage.pid;
    if (progress.forked === undefined) throw new Error('the stage was ended before it could start the process');
    reaper.track(progress.forked, staging.onEnd);
    return progress.forked;
  } catch (error) {
    // Closing the socket ends a stage that waits; the pids are ours until we have waited for them.
    control.destroy();
    stage.kill();
    if (progress.forked !== undefined) await end(progress.forked);
    throw error;
  } finally {
    clearTimeout(deadline);
    control.destroy();
    stages.prepare();
  }
}

/** In the order in which the stage takes them. */
function descriptorsOf({ program, stdio, handles }: Staging): number[] {
  const passed = handlesOf(program).map(of => {
    const fd = handles.get(of);
    if (fd === undefined) throw new Error(`no descriptor for ${of}`);
    return fd;
  });
  return [...stdio, ...passed];
}

function controlOf({ control }: Begun): Socket {
  const socket = new Socket({ fd: control, readable: true, writable: true });
  socket.on('error', () => undefined); // whoever reads it is told
  return socket;
}

/** Its place, or the end of a program that has none. */
function forkIn(program: Program): number {
  const index = program.findIndex(each => 'do' in each && each.do === 'fork');
  return index < 0 ? program.length : index;
}

interface Progress {
  readonly stage: number;
  forked: number | undefined;
  failure: StageFailed | undefined;
}

/** Answers the program until both the stage and its child have closed the socket, the latter by execve(2) or by staying. */
async function follow(control: Socket, { program, onSync, onReady }: Staging, progress: Progress): Promise<void> {
  const fork = forkIn(program);
  const held: Report[] = [];
  const act = async ({ kind, index, value }: Report): Promise<void> => {
    const instruction = program[index];
    if (!instruction) throw new Error('the stage reports an instruction that it was not given');
    if (kind === REPORT.failed) {
      progress.failure = new StageFailed(instruction, index, value);
      return;
    }
    const waiting = progress.forked ?? progress.stage;
    if (kind === REPORT.sync && 'do' in instruction && instruction.do === 'sync') await onSync?.(instruction.until, waiting);
    if (kind === REPORT.ready) await onReady?.(waiting);
    control.write('.');
  };
  for await (const report of reports(control)) {
    if (report.kind === REPORT.forked) progress.forked = report.value;
    else held.push(report);
    // Parent and child write to one socket: what the child says may come before its pid is known.
    while (held[0] && (progress.forked !== undefined || held[0].index < fork)) {
      const next = held.shift();
      if (next) await act(next);
    }
  }
  for (const last of held) if (last.kind === REPORT.failed) await act(last);
}

/** Kills a child that nothing else tracks, and waits for it. */
function end(pid: number): Promise<void> {
  return new Promise(resolve => {
    process.kill(pid, 'SIGKILL'); // a zombie takes it without an error
    reaper.track(pid, () => resolve());
  });
}

/** An answer that nobody takes any more (EPIPE) is the same as the end: the process was killed while it waited. */
const isEnd = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');

async function* reports(control: Socket): AsyncGenerator<Report> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of control as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= REPORT_BYTES; rest = rest.subarray(REPORT_BYTES)) yield decodeReport(rest);
    }
  } catch (error) {
    if (!isEnd(error)) throw error;
  }
}
