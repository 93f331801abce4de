import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { SysError } from '../sys/errors.ts';
import { decodeReport, encode, REPORT, REPORT_BYTES, type Report } from './encode.ts';
import { stageExecutable } from './executable.ts';
import { describe, handlesOf, type Instruction, type Program } from './program.ts';
import { type Ending, reaper } from './reaper.ts';

/** A call of the program that failed inside the stage. */
export class StageFailed extends SysError {
  readonly instruction: Instruction;
  /** Its place in the program, from 0. */
  readonly index: number;
  constructor(instruction: Instruction, index: number, errno: number) {
    super('call' in instruction ? instruction.call : 'clone', errno, describe(instruction));
    this.instruction = instruction;
    this.index = index;
  }
}

export interface Staging {
  readonly program: Program;
  /** Descriptors of the helper that become 0, 1 and 2. */
  readonly stdio: readonly [number, number, number];
  /** Descriptors of the helper for the program's handles, by description. They may be closed once {@link stage} has returned its promise. */
  readonly handles: ReadonlyMap<string, number>;
  /** Called where the program waits; the program goes on when it resolves, and ends when it throws. `pid` is the process that waits. */
  readonly onSync?: (until: string, pid: number) => Promise<void> | void;
  /** Called once, when the process that the program leaves behind has ended. */
  readonly onEnd: (ending: Ending) => void;
}

/**
 * Runs a program. Resolves with the process it leaves behind, which the helper then waits for: the
 * executed command once execve(2) has succeeded, or the sandbox's init once it stays.
 *
 * The program must hold one fork. On any failure nothing of it is left running.
 * @throws StageFailed with the call and errno; whatever `onSync` threw
 */
export async function stage({ program, stdio, handles, onSync, onEnd }: Staging): Promise<number> {
  const passed = handlesOf(program).map(of => {
    const fd = handles.get(of);
    if (fd === undefined) throw new Error(`no descriptor for ${of}`);
    return fd;
  });
  const child = spawn(stageExecutable(), [], { argv0: 'burrow-stage', env: {}, stdio: [...stdio, 'pipe', ...passed] });
  const control = child.stdio[3];
  if (!(control instanceof Socket)) throw new Error('the stage has no control socket');
  await once(child, 'spawn');
  control.on('error', () => undefined); // EPIPE when the stage died: its end says so
  control.write(encode(program));
  const fork = program.findIndex(each => 'do' in each && each.do === 'fork');
  const held: Report[] = [];
  let forked: number | undefined;
  let failure: StageFailed | undefined;

  const act = async ({ kind, index, value }: Report): Promise<void> => {
    const instruction = program[index];
    if (kind === REPORT.failed && instruction) failure = new StageFailed(instruction, index, value);
    if (kind === REPORT.sync && instruction && 'do' in instruction && instruction.do === 'sync') {
      await onSync?.(instruction.until, forked ?? child.pid ?? 0);
    }
    if (kind !== REPORT.failed) control.write('.');
  };

  try {
    for await (const report of reports(control)) {
      if (report.kind === REPORT.forked) forked = report.value;
      else held.push(report);
      // Parent and child write to one socket: what the child says may come before its pid is known.
      while (held[0] && (forked !== undefined || held[0].index < fork)) {
        const next = held.shift();
        if (next) await act(next);
      }
    }
    for (const last of held) if (last.kind === REPORT.failed) await act(last);
    if (failure) throw failure;
    if (forked === undefined) throw new Error('the stage was ended before it could start the process');
    reaper.track(forked, onEnd);
    return forked;
  } catch (error) {
    // Closing the socket ends a stage that waits; the pids are ours until we have waited for them.
    control.destroy();
    child.kill('SIGKILL');
    if (forked !== undefined) await end(forked);
    throw error;
  } finally {
    control.destroy();
  }
}

/** Kills a child that nothing else tracks, and waits for it. */
function end(pid: number): Promise<void> {
  return new Promise(resolve => {
    process.kill(pid, 'SIGKILL'); // a zombie takes it without an error
    reaper.track(pid, () => resolve());
  });
}

/** Ends with the socket: both the stage and its child have closed it, the latter by execve(2). */
async function* reports(control: Socket): AsyncGenerator<Report> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of control as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= REPORT_BYTES; rest = rest.subarray(REPORT_BYTES)) yield decodeReport(rest);
  }
}
