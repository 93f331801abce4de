import type { Socket } from 'node:net';
import { later } from '../sys/background.ts';
import { Refusal, SysError } from '../sys/errors.ts';
import { decodeReport, encode, REPORT, REPORT_BYTES, type Report } from './encode.ts';
import { Passing } from './passing.ts';
import { describeCall, handlesOf, type Instruction, type Program } from './program.ts';
import { type Ended, reaper } from './reaper.ts';
import { stages } from './waiting.ts';

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
 * The program must wait for the helper at some point after its last fork, whose child is what it leaves; without a fork
 * it leaves nothing, and has ended when this resolves. On any failure nothing of it is left running.
 * @throws StageFailed with the call and errno; Refusal after ten seconds; whatever `onSync` and `onReady` threw
 */
export async function stage(staging: Staging): Promise<number> {
  const program = encode(staging.program); // what is wrong with it shows before anything has started
  const forks = forksIn(staging.program);
  const last = forks.at(-1);
  const stage = stages.begin(program, descriptorsOf(staging));
  const { control } = stage;
  const late = new Refusal('system', `The process did not start within ${DEADLINE_MS / 1000} s: something there holds it up.`);
  const deadline = later('the deadline of a program', DEADLINE_MS, () => control.destroy(late));
  const progress: Progress = { stage: stage.pid, forks, forked: new Map(), passing: [], failure: undefined };
  try {
    if (stage.rest.length > 0) control.write(stage.rest);
    await follow(control, staging, progress);
    if (progress.failure) throw progress.failure;
    if (last === undefined) return stage.pid;
    const left = progress.forked.get(last);
    if (left === undefined) throw new Error('the stage was ended before it could start the process');
    reaper.track(left, staging.onEnd);
    return left;
  } catch (error) {
    // Closing the socket ends a stage that waits; the pids are ours until we have waited for them.
    control.destroy();
    stage.kill();
    for (const each of progress.passing) each.kill();
    const left = last === undefined ? undefined : progress.forked.get(last);
    if (left !== undefined) await end(left);
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

/** Their places. */
const forksIn = (program: Program): number[] => program.flatMap((each, index) => ('do' in each && each.do === 'fork' ? [index] : []));

interface Progress {
  readonly stage: number;
  readonly forks: readonly number[];
  /** The child of each fork, by its place. */
  readonly forked: Map<number, number>;
  /** The children of all forks but the last one: each goes on until the next fork. */
  readonly passing: Passing[];
  failure: StageFailed | undefined;
}

/** The process that executes the instruction; undefined as long as it is not known. */
function processAt({ stage, forks, forked }: Progress, index: number): number | undefined {
  const passed = forks.filter(fork => fork < index);
  const last = passed.at(-1);
  return last === undefined ? stage : passed.every(fork => forked.has(fork)) ? forked.get(last) : undefined;
}

function noteFork(progress: Progress, { index, value: pid }: Report): void {
  progress.forked.set(index, pid);
  if (index !== progress.forks.at(-1)) progress.passing.push(new Passing(pid));
}

/** Answers the program until both the stage and its child have closed the socket, the latter by execve(2) or by staying. */
async function follow(control: Socket, { program, onSync, onReady }: Staging, progress: Progress): Promise<void> {
  const held: Report[] = [];
  const act = async ({ kind, index, value }: Report, waiting: number): Promise<void> => {
    const instruction = program[index];
    if (!instruction) throw new Error('the stage reports an instruction that it was not given');
    if (kind === REPORT.failed) {
      progress.failure = new StageFailed(instruction, index, value);
      return;
    }
    if (kind === REPORT.sync && 'do' in instruction && instruction.do === 'sync') await onSync?.(instruction.until, waiting);
    if (kind === REPORT.ready) await onReady?.(waiting);
    control.write('.');
  };
  for await (const report of reports(control)) {
    if (report.kind === REPORT.forked) noteFork(progress, report);
    else held.push(report);
    // Parent and child write to one socket: what the child says may come before its pid is known.
    for (let next = held[0]; next; next = held[0]) {
      const waiting = processAt(progress, next.index);
      if (waiting === undefined) break;
      held.shift();
      await act(next, waiting);
    }
  }
  for (const last of held) if (last.kind === REPORT.failed) await act(last, progress.stage);
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
